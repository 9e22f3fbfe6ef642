-- The deliveries as they are now.
create or replace temp table deliveries_after as
select * from delivery_rows('delivery_pieces_here')
