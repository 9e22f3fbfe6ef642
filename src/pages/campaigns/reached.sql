-- From which local day to which did the campaigns of $ids, a list with commas, reach people?
select min(first_on) as first_on, max(last_on) as last_on
from campaign_starts
where list_contains(string_split(cast($ids as varchar), ','), campaign_id)
