"""Checks a proof as docs/format.md says, section 10. Deliberately absent: libraries, speed, other versions of the format.

Usage: verify_proof.py PROOF LEAF_HASH VERIFIER_KEY, the leaf hash in hexadecimal, as the answer to a write tells it.
"""

import base64, re, sys

sys.dont_write_bytecode = True
from open_checkpoint import opened
from recompute_leaf import root_from


def require(holds, what):
    if not holds:
        sys.exit(f"verify_proof: {what}")


def parsed(text):
    """Position, path and note of a proof."""
    head, _, note = text.partition("\n\n")
    kind, *lines = head.split("\n")
    require(kind == "c2sp.org/tlog-proof@v1", "this is no proof")
    if lines and lines[0].startswith("extra "):
        del lines[0]
    require(lines and re.fullmatch("index (0|[1-9][0-9]*)", lines[0], re.ASCII), "the proof names no position")
    path = [base64.b64decode(line, validate=True) for line in lines[1:]]
    require(all(len(sibling) == 32 for sibling in path), "a hash has 32 bytes")
    return int(lines[0][6:]), path, note


def main(path, leaf_hash, verifier_key):
    index, path, note = parsed(open(path, encoding="utf-8", newline="").read())
    origin, size, root = opened(note, verifier_key)
    require(index < size, "the position is not in the log")
    require(root_from(bytes.fromhex(leaf_hash), index, size, path) == root, "the leaf is not at this position")
    print("leaf", index, "is in", origin, "of size", size)


if __name__ == "__main__":
    require(len(sys.argv) == 4, __doc__)
    main(*sys.argv[1:])
