-- Forget the view of this id.
delete from saved_views where id = $id
