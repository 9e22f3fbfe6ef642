-- They are counted from their events, not by what changed.
delete from activity_changes where profile_id in (select profile_id from activity_again)
