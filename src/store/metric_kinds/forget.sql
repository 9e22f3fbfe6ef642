-- Forgets the kinds that follow from names; those that a person set stay.
delete from metric_kinds where set_by = 'name'
