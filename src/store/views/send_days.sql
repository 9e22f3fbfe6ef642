-- On which local day was the message sent that a conversion is credited to? One row per conversion of `source`, a table with
-- their `id`, person, message and time: the day of the latest delivery of the message to the person up to then. Of what is
-- not copied there is none.
create or replace macro send_days(source) as table
with asked as (
    select id, converted_at, hash(profile_id, message_id) as pair
    from query_table(source)
    where profile_id is not null and message_id is not null
)
select asked.id, arg_max(sent_on, sent_at) as sent_on
from asked
join klaviyo_deliveries as deliveries
    on deliveries.pair = asked.pair and deliveries.sent_at <= asked.converted_at and outcome = 'delivered'
group by asked.id
