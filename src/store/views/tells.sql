-- Whether any event tells of such an answer to messages of a channel. What a channel does not tell is unknown, not none.
create or replace macro tells(channel, answer) as case answer
    when 'bounced' then channel in ('email', 'push')
    -- A text that did not arrive has failed.
    when 'failed' then channel = 'sms'
    -- But for those with a link of Klaviyo's, of which the share is not told.
    when 'opened' then channel is distinct from 'sms'
    -- A tap on a push message is an open.
    when 'clicked' then channel is distinct from 'push'
    when 'complained' then channel = 'email'
    when 'unsubscribed' then channel in ('email', 'sms')
end
