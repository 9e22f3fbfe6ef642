-- Keeps it.
insert into klaviyo_profile_activity select * from activity_after
