-- Who keeps the mailboxes of a domain, for the domains of those who keep most of them. Any other is its own.
create or replace view mailbox_providers as
select unnest(domains) as domain, provider
from (
    values
        ('Gmail', ['gmail.com', 'googlemail.com']),
        (
            'Microsoft',
            [
                'outlook.com', 'outlook.de', 'outlook.fr', 'outlook.es', 'outlook.it', 'hotmail.com', 'hotmail.co.uk', 'hotmail.fr',
                'hotmail.de', 'hotmail.it', 'hotmail.es', 'live.com', 'live.co.uk', 'live.fr', 'live.nl', 'live.de', 'live.ca',
                'live.com.au', 'msn.com', 'passport.com'
            ]
        ),
        (
            'Yahoo',
            [
                'yahoo.com', 'yahoo.co.uk', 'yahoo.fr', 'yahoo.de', 'yahoo.es', 'yahoo.it', 'yahoo.ca', 'yahoo.co.in', 'yahoo.in',
                'yahoo.com.au', 'yahoo.com.br', 'ymail.com', 'rocketmail.com', 'aol.com', 'aim.com'
            ]
        ),
        ('Apple', ['icloud.com', 'me.com', 'mac.com']),
        ('Comcast', ['comcast.net', 'xfinity.com']),
        ('AT&T', ['att.net', 'sbcglobal.net', 'bellsouth.net']),
        ('Verizon', ['verizon.net']),
        ('Proton', ['proton.me', 'protonmail.com', 'pm.me']),
        ('GMX and WEB.DE', ['gmx.de', 'gmx.net', 'gmx.com', 'gmx.at', 'gmx.ch', 'web.de', 'mail.com']),
        ('Deutsche Telekom', ['t-online.de']),
        ('Orange', ['orange.fr', 'wanadoo.fr']),
        ('Free', ['free.fr']),
        ('Fastmail', ['fastmail.com', 'fastmail.fm']),
        ('Zoho', ['zoho.com', 'zohomail.com']),
        ('Yandex', ['yandex.ru', 'yandex.com', 'ya.ru']),
        ('Mail.ru', ['mail.ru', 'bk.ru', 'inbox.ru', 'list.ru'])
) as providers(provider, domains)
