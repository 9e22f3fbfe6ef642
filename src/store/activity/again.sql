-- Of whom has more left than has come in its place? The last of something, or the first, may be among it.
create or replace temp table activity_again as
select distinct profile_id
from activity_changes
where events < 0
