-- Of the days from $from to $until, which differ, and of which metric? Those that were read again in vain only if $all.
select metric_id, day
from reconciliation
where state = 'differs' and day between $from and $until and ($all or not is_stubborn)
order by day, metric_id
