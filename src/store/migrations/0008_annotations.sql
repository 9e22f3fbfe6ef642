-- What people wrote beside their numbers.

create table annotations (
    id varchar not null,
    -- the local day that it is about
    day date not null,
    words varchar not null,
    -- UTC
    created_at timestamp not null
);
