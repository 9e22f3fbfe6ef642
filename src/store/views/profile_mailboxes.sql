-- The domain of each person's e-mail address, and who keeps its mailboxes. Whoever Klaviyo deleted is here no more.
create or replace view profile_mailboxes as
select
    profiles.id as profile_id,
    lower(split_part(email, '@', -1)) as domain,
    coalesce(provider, lower(split_part(email, '@', -1))) as provider
from profiles
left join mailbox_providers on mailbox_providers.domain = lower(split_part(email, '@', -1))
where email like '%_@_%'
