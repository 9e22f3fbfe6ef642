-- What each person received and did, whoever has done anything. They were engaged when they last opened, clicked, ordered,
-- visited the shop or subscribed: opens by machines and clicks by bots are none of theirs. Kept up with the events; see
-- activity.rs.
create or replace view profile_activity as
select
    *,
    greatest(last_opened_at, last_clicked_at, last_ordered_at, last_visited_at, last_subscribed_at) as engaged_at
from klaviyo_profile_activity
