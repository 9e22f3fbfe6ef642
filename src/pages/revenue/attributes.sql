-- Does Klaviyo attribute any conversion of $metric to a message, of all days? It does, too, where there is none to attribute.
select count(*) = 0 or count(credited_to) > 0 as does from bought(cast($metric as varchar))
