-- Which conversions of $metric are attributed to the campaign $id, and whose are they?
select
    conversions.profile_id as id,
    coalesce(nullif(trim(concat_ws(' ', first_name, last_name)), ''), email, conversions.profile_id, 'unknown') as person,
    converted_at,
    amount as order_value,
    is_foreign,
    is_unreadable,
    case
        when touches.reaction = 'open' then 'opened'
        when touches.reaction = 'click' then 'clicked'
        when attributed_event_id is not null then 'received'
    end as touched,
    date_diff('second', touches.reacted_at, converted_at) / 3600.0 as hours_since_touch,
    conversions.id as event_id
from bought(cast($metric as varchar)) as conversions
left join profiles on profiles.id = conversions.profile_id
left join message_reactions(
    string_split(cast($names as varchar), ','), cast($from_at as timestamp), cast($until as timestamp)
) as touches
    on touches.id = attributed_event_id
where credited_to is not null
    and conversions.message_id in (select unnest(string_split(cast($names as varchar), ',')))
order by converted_at desc, conversions.id
