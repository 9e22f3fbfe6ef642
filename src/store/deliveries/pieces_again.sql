-- They are made of their events instead.
insert into delivery_pieces_here select * from delivery_pieces('delivery_facts_again')
