-- What still differs from $from to $until was read again in vain.
update reconciliation set is_stubborn = true where state = 'differs' and day between $from and $until
