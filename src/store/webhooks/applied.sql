-- The delivery $digest was taken over at $now with $rows new rows, or cannot be, for the reason $error.
update webhook_inbox
set applied_at = $now, rows_new = $rows, error_message = $error, body = null
where digest = $digest and applied_at is null
