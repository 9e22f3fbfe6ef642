-- How many rows of `kept` are not in `defined`, or the other way round, each counted as often as it is there?
create or replace macro differing(kept, defined) as table
select count(*) as differing
from (
    (select * from query_table(kept) except all select * from query_table(defined))
    union all
    (select * from query_table(defined) except all select * from query_table(kept))
)
