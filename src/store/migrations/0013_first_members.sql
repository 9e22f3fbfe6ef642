-- When all members of a list or segment were first read: who joined and left before is not known.
alter table sync_parents add column first_whole_at timestamp;
