-- Forgets deliveries that were taken over before $before.
delete from webhook_inbox where applied_at < $before
