-- The days from $start to $end of the report $entity are read anew.
delete from report_windows where entity_type = $entity and start_on <= $end and end_on >= $start
