-- It is a macro now, which takes the metric.
drop view if exists form_conversions;
