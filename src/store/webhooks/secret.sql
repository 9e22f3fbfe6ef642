-- What are the deliveries of the webhook $id signed with?
select secret from webhooks where id = $id
