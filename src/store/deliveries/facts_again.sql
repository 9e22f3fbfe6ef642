-- Of them, what matters to these deliveries.
create or replace temp table delivery_facts_again as
select facts.*
from delivery_facts('events_again') as facts
join deliveries_again on deliveries_again.pair = facts.pair and happened_at >= first_at and happened_at <= last_at
where is_answerable
