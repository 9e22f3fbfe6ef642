-- The windows that are replaced.
create or replace temp table windows_replaced (start_at timestamp, end_at timestamp)
