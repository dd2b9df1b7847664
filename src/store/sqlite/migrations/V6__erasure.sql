-- Events that something was erased from: the salts of what is left, written out, and the commitments of what is not.
--
-- What the previous binary does with it: it refuses the directory, whose schema is newer than its own.

-- The key is that of the event, whose seed is 32 zero bytes then. Serves: erased_seqs(org), and reading such an event.
create table erased_events (
    id integer primary key,
    salts blob not null
) strict;
