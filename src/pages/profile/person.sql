-- What is kept of the person $id?
select * from profile_details where id = cast($id as varchar)
