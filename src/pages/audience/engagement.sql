-- How many of those who can receive e-mail marketing were engaged lately, and how many are suppressed, at $now?
select
    engagement.*,
    suppressed / nullif(profiles, 0) as suppression_rate,
    engaged_30 / nullif(emailable, 0) as engaged_30_share,
    engaged_90 / nullif(emailable, 0) as engaged_90_share,
    dormant / nullif(emailable, 0) as dormant_share
from engagement(cast($now as timestamp)) as engagement
