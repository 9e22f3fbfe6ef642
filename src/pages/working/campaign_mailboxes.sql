-- How did the e-mails of the campaign $id fare, by the domain of their mailboxes? It was sent on local days from $first_on to
-- before $after, under $names; see `mailbox_results`.
create or replace temp table campaign_mailboxes as
with emails as (
    select *
    from message_deliveries(string_split(cast($names as varchar), ','), cast($first_on as date), cast($after as date))
    where channel = 'email'
)
select * from mailbox_results('emails')
