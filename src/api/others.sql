-- Which campaigns, flows or forms are there, whatever they did? $of says which of the three; what is deleted only with
-- $with_deleted. With $any all of them; with $unsent those that no day can be said of; with $unknown also those whose
-- activity may not be copied yet, which are of campaigns those sent between $since and $before, both UTC and either null.
with things as (
    select 'campaigns' as kind, id, name, status, channel, sent_at, null as trigger_type, updated_at, deleted
    from campaigns
    union all
    select 'flows', id, name, status, null, null, trigger_type, updated_at, deleted
    from flows
    union all
    select 'forms', id, name, status, null, null, null, updated_at, deleted
    from forms
)
select id, name, status, channel, sent_at, trigger_type, updated_at, deleted
from things
where kind = cast($of as varchar)
    and case
        when deleted then $with_deleted
        when $any or ($unsent and sent_at is null) then true
        when kind <> 'campaigns' then $unknown
        else $unknown
            and sent_at is not null
            and sent_at >= coalesce(cast($since as timestamp), sent_at)
            and (cast($before as timestamp) is null or sent_at < cast($before as timestamp))
    end
order by sent_at desc nulls last, name, id
