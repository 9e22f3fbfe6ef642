-- Which metrics are there, what does each mean, and who said so? Those that mean nothing yet come first.
select id, name, integration_name, kind, set_by from metrics order by kind is not null, lower(name), id
