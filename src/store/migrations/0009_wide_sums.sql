-- Sums of amounts have more digits than an amount: a shop that sends an order's number as its value must not stop the rest.

alter table klaviyo_aggregated_metrics alter column sum_value type decimal(38, 4);
alter table klaviyo_aggregated_metrics alter column avg_value type decimal(38, 4);
alter table klaviyo_deliveries alter column revenue type decimal(38, 4);
alter table klaviyo_message_stats alter column revenue type decimal(38, 4);
alter table klaviyo_message_days alter column revenue type decimal(38, 4);
