-- Keep a note about a local day.
insert into annotations (id, day, words, created_at) values ($id, $day, $words, $now)
