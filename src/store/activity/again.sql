-- Whose last of something, or first, may be what has left?
create or replace temp table activity_again as
select distinct changes.profile_id
from activity_changes as changes
join klaviyo_profile_activity as kept on kept.profile_id = changes.profile_id
where changes.events < 0
    and case what
        when 'email' then happened_at <= first_emailed_at or happened_at >= last_emailed_at or happened_at >= last_received_at
        when 'delivered' then happened_at >= last_received_at
        when 'open' then happened_at >= last_opened_at
        when 'click' then happened_at >= last_clicked_at
        when 'order' then happened_at >= last_ordered_at
        when 'visit' then happened_at >= last_visited_at
        else happened_at >= last_subscribed_at
    end
