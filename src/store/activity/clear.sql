-- It takes the place of what there was.
delete from klaviyo_profile_activity
where profile_id in (select profile_id from activity_changes) or profile_id in (select profile_id from activity_again)
