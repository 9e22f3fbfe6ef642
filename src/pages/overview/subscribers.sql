-- How many profiles can receive e-mail marketing now? Unknown before profiles are copied.
select cast(email as double) as subscribers
from subscribers
