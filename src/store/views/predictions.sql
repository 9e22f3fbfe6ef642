-- What Klaviyo expects of the people who bought.
create or replace view predictions as
select
    id as profile_id, historic_clv, predicted_clv, total_clv, historic_orders, predicted_orders, days_between_orders,
    average_order_value, churn_probability, next_order_at, best_channel
from klaviyo_profile_predictions
where deleted_at is null
