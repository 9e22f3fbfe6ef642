-- How many events are there from $start to before $end?
select count(*) from klaviyo_events where timestamp >= $start and timestamp < $end
