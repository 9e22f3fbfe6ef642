-- How did e-mail sent on local days from $start to before $before fare, by the domain of its mailbox? See `mailbox_results`.
create or replace temp table page_mailboxes as
with emails as (
    select * from deliveries(cast($start as date), null) where channel = 'email' and sent_on < cast($before as date)
)
select * from mailbox_results('emails')
