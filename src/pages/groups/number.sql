-- How many segments and lists are there, and of how many are the members known?
select
    count(*) as groups,
    count(*) filter (where kind = 'segment') as segments,
    count(*) filter (where kind = 'list') as lists,
    count(read_at) as known
from member_groups
