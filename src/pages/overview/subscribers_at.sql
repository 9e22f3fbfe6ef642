-- How many profiles could receive e-mail marketing just before $moment, in UTC? Unknown before their history begins.
select cast(email as double) as subscribers
from subscribers_at(cast($moment as timestamp))
