-- One of them is $id.
insert into events_changing values ($id)
