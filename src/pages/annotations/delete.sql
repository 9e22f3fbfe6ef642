-- Forget the note of this id.
delete from annotations where id = $id
