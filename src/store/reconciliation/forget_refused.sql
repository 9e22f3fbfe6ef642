-- Nothing is known any more of the days of metrics that Klaviyo does not count.
delete from reconciliation where metric_id in (select metric_id from reconciled_metrics where problem is not null)
