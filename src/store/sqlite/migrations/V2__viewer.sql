-- What readers of the viewer keep and take away: saved views, and the codes of downloads.
--
-- What the previous binary does with it: it refuses the directory, whose schema is newer than its own.

-- One more kind of credential. A check cannot be changed, so the table is made anew.
create table credentials_next (
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
    constraint credentials_kind check (kind in ('key', 'vendor_key', 'session', 'session_code', 'download_code'))
) strict, without rowid;

insert into credentials_next (hash, id, kind, org, "grant", created_ms, expires_ms, revoked_ms)
select hash, id, kind, org, "grant", created_ms, expires_ms, revoked_ms from credentials;

drop table credentials;

alter table credentials_next rename to credentials;

-- Serves: credentials(org, kind), oldest first.
create index credentials_by_org on credentials (org, kind, created_ms, id);

-- The views that a reader named: the address of a list without its path. The owner is the id of the session's user.
-- The key serves: views(org, owner), by name.
create table saved_views (
    org integer not null references organizations (code),
    owner text not null,
    name text not null,
    query text not null,
    primary key (org, owner, name)
) strict, without rowid;
