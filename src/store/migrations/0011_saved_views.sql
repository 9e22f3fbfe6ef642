-- Questions of Explore that people gave a name.

create table saved_views (
    id varchar not null,
    name varchar not null,
    -- of the address, as it came
    query varchar not null,
    -- UTC
    created_at timestamp not null
);
