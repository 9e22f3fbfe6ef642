-- Which part of those who can receive e-mail is dormant at $now: known for $dormant_days days and not engaged in them? One row,
-- if there is anyone and events reach back so far.
select
    'Can receive e-mail' as name,
    emailable as reachable,
    dormant,
    dormant / emailable as judged_share,
    case
        when dormant / emailable > $dormant_attention then 'Act'
        when dormant / emailable > $dormant_healthy then 'Look'
        else 'Passes'
    end as verdict,
    format('{:,} of {:,} who can receive e-mail are known for {} days and were not engaged in them ({})', dormant, emailable, cast($dormant_days as integer), percent_text(dormant / emailable)) as finding
from engagement(cast($now as timestamp))
where emailable > 0 and dormant is not null
