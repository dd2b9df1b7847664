"""Watches a log from outside: keeps its signed head in a file, and says when a later one does not continue it. It reads the log
in pieces (docs/api.md, "The log in pieces"), a few for each head however long the log is. Deliberately absent: libraries, speed.

Usage: watch_log.py LOG VERIFIER_KEY FILE
LOG is the log's address, such as https://log.example/log/0198f3b27c1e7a3f9d415b1e8c2a6f90; VERIFIER_KEY a line of /v1/log-key
that came another way; FILE the head as it was seen last, made when it is not there. EVERLOG_API_KEY is shown to the server.
"""

import functools, os, sys, urllib.request

sys.dont_write_bytecode = True
from open_checkpoint import opened
from recompute_leaf import sha256


def require(holds, what):
    if not holds:
        sys.exit(f"watch_log: {what}")


@functools.cache
def read(address):
    key = os.environ.get("EVERLOG_API_KEY")
    request = urllib.request.Request(address, headers={"Authorization": "Bearer " + key} if key else {})
    return urllib.request.urlopen(request).read()


def tile(log, level, index, size):
    """The hashes of a tile of the log of this size."""
    width = min(256, size // 256**level - 256 * index)
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    data = read(f"{log}/tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else ""))
    require(len(data) == 32 * width, "a tile has another width")
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def root(log, start, end, size):
    """The root over these leaves of the log of this size, put together from its tiles."""
    count = end - start
    if count & (count - 1) == 0:
        level = (count.bit_length() - 1) // 8
        first, count = start // 256**level, count // 256**level
        hashes = tile(log, level, first // 256, size)[first % 256 : first % 256 + count]
        while len(hashes) > 1:
            hashes = [sha256(b"\1", *hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
        return hashes[0]
    half = 1 << count.bit_length() - 1
    return sha256(b"\1", root(log, start, start + half, size), root(log, start + half, end, size))


def main(log, verifier_key, path):
    note = read(log + "/checkpoint").decode()
    origin, size, signed = opened(note, verifier_key)
    require(origin.endswith("/log/" + log.rsplit("/", 1)[1]), "the head is another log's")
    require((root(log, 0, size, size) if size else sha256()) == signed, "the pieces are not the log that is signed")
    if os.path.exists(path):
        old_origin, old_size, old_signed = opened(open(path, encoding="utf-8", newline="").read(), verifier_key)
        require(origin == old_origin, "the head is another log's than the one that was kept")
        require(size >= old_size, f"the log has {size} events and had {old_size}")
        require((root(log, 0, old_size, size) if old_size else sha256()) == old_signed, "the log was rewritten")
        print("it continues the log of", old_size)
    with open(path, "w", encoding="utf-8", newline="") as kept:
        kept.write(note)
    print("kept", origin, "of size", size)


if __name__ == "__main__":
    require(len(sys.argv) == 4, __doc__)
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
