-- What does Klaviyo expect of the person $id?
select
    cast(historic_clv as double) as historic_clv, cast(predicted_clv as double) as predicted_clv,
    cast(total_clv as double) as total_clv, historic_orders, predicted_orders, days_between_orders, churn_probability,
    next_order_at, best_channel
from predictions
where profile_id = cast($id as varchar)
