-- What happened with the person $id, of the kinds that are called $kind, or of all?
with events as (
    select
        *,
        case
            when kind in ('placed_order', 'ordered_product', 'fulfilled_order', 'refunded_order', 'cancelled_order') then 'orders'
            when kind in ('viewed_form', 'submitted_form', 'closed_form', 'qualified_form') then 'forms'
            when kind like 'subscribed\_%' escape '\' or kind like 'unsubscribed\_%' escape '\' or kind in ('updated_preferences', 'marked_spam')
                then 'consent'
            when kind in ('active_on_site', 'viewed_product', 'added_to_cart', 'started_checkout') then 'site'
            when kind = 'other' or kind = 'merged_profile' then 'other'
            else 'messages'
        end as is_about
    from profile_events
    where profile_id = cast($id as varchar)
)
select
    id as event_id, happened_at, metric, kind, is_about, coalesce(message_name, form_name) as subject_name,
    message_id, campaign_id, flow_id, form_id, cast(amount as double) as amount, currency, by_machine,
    attributed_campaign_id, attributed_flow_id, properties
from events
where cast($kind as varchar) is null or is_about = cast($kind as varchar)
