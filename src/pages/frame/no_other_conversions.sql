-- For the length of a reading there are no conversions but those that are summed: whoever is asked by their metric need not
-- plan how to look up others.
create or replace temp macro other_conversions(metric) as table select * from conversions where false
