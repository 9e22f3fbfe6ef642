-- Forgets the zone that local times of events were computed in.
delete from local_zone
