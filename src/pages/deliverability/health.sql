-- What became of the e-mail sent on local days from $health_start to before $before? Neither machines nor bots count.
select
    cast(coalesce(sum(recipients), 0) as bigint) as recipients,
    cast(coalesce(sum(delivered), 0) as bigint) as delivered,
    cast(coalesce(sum(bounced), 0) as bigint) as bounced,
    cast(coalesce(sum(complained), 0) as bigint) as complained,
    cast(coalesce(sum(unsubscribed), 0) as bigint) as unsubscribed,
    cast(coalesce(sum(opened), 0) as bigint) as opened,
    cast(coalesce(sum(clicked), 0) as bigint) as clicked
from daily_messages('sent', cast($health_start as date), cast($before as date))
where channel = 'email'
