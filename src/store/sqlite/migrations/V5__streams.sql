-- Where events are sent to, what could not be delivered, and the tokens of receipts that were taken.
--
-- What the previous binary does with it: it refuses the directory, whose schema is newer than its own.

-- What an administrator decides stands in `definition`, how far the stream has come in `progress`; an epoch is over when
-- an administrator moves the stream. The key serves: streams(org), stream(org, id).
create table streams (
    org integer not null references organizations (code),
    id text not null,
    definition text not null,
    created_ms integer not null,
    epoch integer not null,
    progress text not null,
    primary key (org, id)
) strict, without rowid;

-- What was given up, in the order of the log. The key serves: dead_letters(org, stream).
create table dead_letters (
    org integer not null,
    stream text not null,
    seq integer not null,
    part integer not null,
    letter text not null,
    is_wanted integer not null,
    constraint dead_letters_is_wanted check (is_wanted in (0, 1)),
    primary key (org, stream, seq, part),
    foreign key (org, stream) references streams (org, id) on delete cascade
) strict, without rowid;

-- Serves: dead_letters(org, stream) of those that are wanted again.
create index dead_letters_wanted on dead_letters (org, stream, seq, part) where is_wanted = 1;

-- A token signs its receipt once. The key serves: remember_token(org, token).
create table receipt_tokens (
    org integer not null references organizations (code),
    token blob not null,
    body blob not null,
    seen_ms integer not null,
    primary key (org, token)
) strict, without rowid;

-- Serves: forgetting the oldest.
create index receipt_tokens_seen on receipt_tokens (org, seen_ms);
