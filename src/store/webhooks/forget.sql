-- The webhook $id is gone.
delete from webhooks where id = $id
