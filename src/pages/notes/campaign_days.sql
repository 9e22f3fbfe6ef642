-- From which local day to which did campaigns reach recipients, those of $ids (with commas between them) taken together? One row,
-- without days where none did.
select min(first_on) as first_on, max(last_on) as last_on
from campaign_starts
where list_contains(string_split(cast($ids as varchar), ','), campaign_id)
