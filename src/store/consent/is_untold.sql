-- Are there profiles, but no history of their consent?
select exists (select 1 from klaviyo_profiles) and not exists (select 1 from klaviyo_consent_history)
