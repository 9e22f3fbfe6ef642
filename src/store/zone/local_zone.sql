-- In which zone were the local times of events computed?
select zone from local_zone
