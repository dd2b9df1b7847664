-- Codes in a table that only grows at its end, so that a value can be overwritten where it lies and is nowhere else: the
-- pages of a table that is filled in other orders are split, and what moved to another page stays behind in the first.
--
-- What the previous binary does with it: it refuses the directory, whose schema is newer than its own.

alter table codes rename to codes_before;

-- Small numbers for values that are counted and sorted. Dense from 0 within an organization and kind.
create table codes (
    id integer primary key,
    org integer not null references organizations (code),
    kind integer not null,
    code integer not null,
    -- What a value is looked up by: too small to tell which value it was once that is erased.
    bucket integer not null,
    -- Zero bytes, as many as there were, where it was erased.
    value text not null,
    constraint codes_code_range check (code >= 0),
    -- 0 action, 1 actor, 2 ip, 3 target_type.
    constraint codes_kind check (kind in (0, 1, 2, 3)),
    constraint codes_bucket_range check (bucket >= 0 and bucket < 65536),
    -- Serves: codes(from), and the next free number.
    constraint codes_code_once unique (org, kind, code)
) strict;

-- Serves: intern.
create index codes_by_bucket on codes (org, kind, bucket);

-- The bucket is computed as `bucket` in `write.rs` does, a character a step.
insert into codes (org, kind, code, bucket, value)
with recursive steps (org, kind, code, value, at, bucket) as (
    select org, kind, code, value, 1, 0 from codes_before
    union all
    select org, kind, code, value, at + 1, (bucket * 31 + unicode(substr(value, at, 1))) & 65535
    from steps where at <= length(value)
)
select org, kind, code, bucket, value from steps where at = length(value) + 1 order by org, kind, code;

drop table codes_before;
