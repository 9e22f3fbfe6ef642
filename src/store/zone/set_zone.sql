-- The local times of events are computed in $zone.
insert into local_zone (zone) values ($zone)
