-- What the rules know of processes and records, and the lists of processes. All of it is made of the log.
--
-- What the previous binary does with it: it refuses the directory, whose schema is newer than its own.

-- The key serves: subject(org, subject).
create table subjects (
    org integer not null references organizations (code),
    subject text not null,
    state blob not null,
    due_ms integer,
    primary key (org, subject)
) strict, without rowid;

-- Serves: due(now).
create index subjects_due on subjects (due_ms) where due_ms is not null;

-- One row a process. Its number is the position of its first event. The key serves: lists in the order of their making.
create table processes (
    org integer not null references organizations (code),
    number integer not null,
    key text not null,
    status text not null,
    name text not null,
    starter text not null,
    flow_key text not null,
    flow_type text not null,
    text text not null,
    started_ms integer,
    first_ms integer not null,
    last_ms integer not null,
    ages_from_ms integer,
    awaits_trail integer not null,
    -- Serves: the number of a process, and a filter by key.
    constraint processes_key_once unique (org, key),
    constraint processes_awaits_trail check (awaits_trail in (0, 1)),
    primary key (org, number)
) strict, without rowid;

-- Serves: awaiting_trails().
create index processes_awaiting on processes (org, number) where awaits_trail = 1;

-- Serves: aged(org, status, before).
create index processes_aging on processes (org, status, ages_from_ms) where ages_from_ms is not null;

-- The events of each process. The key serves: process_seqs(org, key), and whether something happened in a range of time.
create table process_events (
    org integer not null,
    number integer not null,
    seq integer not null,
    occurred_ms integer not null,
    primary key (org, number, seq)
) strict, without rowid;
