-- What was sent, as the view of that name: it stands in its place, for it is planned faster.
create or replace temp table messages as select * from main.messages
