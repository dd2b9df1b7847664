-- The truth of one installation: what was recorded, in which order, and the names that order it.
--
-- What the previous binary does with it: there is none. A later binary adds migrations beside this one; an earlier one
-- refuses a directory whose schema is newer than its own.
--
-- Deliberately absent: triggers, and every table that can be derived from these. The index is beside the truth.

-- One row a customer. Its code is dense from 0, stands in the keys of everything it owns, and is never used again.
create table organizations (
    code integer primary key,
    id text not null,
    name text not null,
    profile text not null,
    catalogs text not null,
    time_zone text not null,
    settings text not null,
    created_ms integer not null,
    log_id blob not null,
    log_host text not null,
    -- Serves: organization(id), and the list of all by id.
    constraint organizations_id_once unique (id),
    -- Serves no query: two logs with one identity would make proofs of the one hold for the other.
    constraint organizations_log_id_once unique (log_id),
    -- The code has 22 bits in a row's key.
    constraint organizations_code_range check (code >= 0 and code < 4194304),
    constraint organizations_log_id_length check (length(log_id) = 16)
) strict;

-- Where each log ends. Moved by the transaction that appends, never alone.
create table heads (
    org integer primary key references organizations (code),
    size integer not null,
    frontier blob not null,
    received_ms integer not null,
    constraint heads_size_range check (size >= 0 and size <= 1099511627776)
) strict;

-- The dictionaries that bodies are compressed with, so that a data directory explains itself.
create table dictionaries (
    id integer primary key,
    bytes blob not null,
    -- 0 in a row says that there is none.
    constraint dictionaries_id_range check (id > 0)
) strict;

-- The events. The key is org << 40 | seq: one log is one range, and a position is found without an index.
-- No foreign keys: the writer adds rows under the log's head only, and looking up two parents a row costs.
-- What is read without the body stands before it.
create table events (
    id integer primary key,
    received_ms integer not null,
    dictionary integer not null,
    leaf blob not null,
    seed blob not null,
    body blob not null,
    constraint events_id_range check (id >= 0),
    constraint events_dictionary_range check (dictionary >= 0),
    constraint events_leaf_length check (length(leaf) = 32),
    constraint events_seed_length check (length(seed) = 32)
) strict;

-- Every id that was ever recorded, and where: an id is not used twice in one log.
-- The key serves: find_id and find_ids.
create table event_ids (
    org integer not null,
    id text not null,
    seq integer not null,
    constraint event_ids_seq_range check (seq >= 0 and seq < 1099511627776),
    primary key (org, id)
) strict, without rowid;

-- Small numbers for values that are counted and sorted. Dense from 0 within an organization and kind.
-- The key serves: codes(from), and the next free number.
create table codes (
    org integer not null references organizations (code),
    kind integer not null,
    code integer not null,
    value text not null,
    constraint codes_code_range check (code >= 0),
    -- 0 action, 1 actor, 2 ip, 3 target_type.
    constraint codes_kind check (kind in (0, 1, 2, 3)),
    -- Serves: intern.
    constraint codes_value_once unique (org, kind, value),
    primary key (org, kind, code)
) strict, without rowid;

-- The order of commits over all logs; followers read it from where they stopped.
create table appends (
    pos integer primary key,
    org integer not null references organizations (code),
    first integer not null,
    count integer not null,
    constraint appends_first_range check (first >= 0),
    constraint appends_count_range check (count > 0)
) strict;

-- Keys, vendors' keys, viewer sessions and the codes that start them, by the hash of the secret.
create table credentials (
    hash blob primary key,
    id text not null,
    kind text not null,
    org integer references organizations (code),
    "grant" text not null,
    created_ms integer not null,
    expires_ms integer,
    revoked_ms integer,
    -- Serves: revoke_credential.
    constraint credentials_id_once unique (id),
    constraint credentials_hash_length check (length(hash) = 32),
    constraint credentials_kind check (kind in ('key', 'vendor_key', 'session', 'session_code'))
) strict, without rowid;

-- Serves: credentials(org, kind), oldest first.
create index credentials_by_org on credentials (org, kind, created_ms, id);

-- An organization's own catalog.
create table catalogs (
    org integer primary key references organizations (code),
    toml text not null
) strict;

-- Named values of the installation.
create table meta (
    name text primary key,
    value blob not null
) strict, without rowid;
