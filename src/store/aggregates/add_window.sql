-- One of them is from $start to before $end.
insert into windows_replaced values ($start, $end)
