-- Which events are records of erasures, and whether what they erased is gone from everything that is made of the log.
--
-- What the previous binary does with it: it refuses the directory, whose schema is newer than its own.

-- The key serves: erasures(org).
create table erasures (
    org integer not null references organizations (code),
    seq integer not null,
    is_purged integer not null,
    constraint erasures_is_purged check (is_purged in (0, 1)),
    primary key (org, seq)
) strict, without rowid;

-- Serves: unpurged().
create index erasures_unpurged on erasures (org, seq) where is_purged = 0;
