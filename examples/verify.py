"""Checks a bundle as docs/format.md says, section 9. Deliberately absent: libraries, speed, and the cases of hostile bundles
that only a document put together again would show; `everlog verify` has them.

Usage: verify.py BUNDLE VERIFIER_KEY, the key as an independent source tells it.
"""

import base64, json, struct, sys

sys.dont_write_bytecode = True
from open_checkpoint import opened
from recompute_leaf import canonical, commitment, root_from, sha256


def require(holds, what):
    if not holds:
        sys.exit(f"verify: {what}")


def tree_root(hashes):
    """Section 7."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1", tree_root(hashes[:half]), tree_root(hashes[half:]))


def leaf_hash(log_id, line):
    hashes = [commitment(f["path"], f["value"], bytes.fromhex(f["salt"])) for f in line["fields"]]
    hashes += [bytes.fromhex(it) for it in line["withheld"]] + [bytes.fromhex(it["commitment"]) for it in line["erased"]]
    require(0 < len(set(hashes)) == len(hashes) <= 1000, "its commitments are no leaf's")
    head = struct.pack(">QQH", line["index"], line["received_ms"], len(hashes))
    return sha256(b"\0", b"\1\1", log_id, head, *sorted(hashes))


def main(path, verifier_key):
    header, *lines = map(json.loads, open(path, encoding="utf-8", newline="").read().rstrip("\n").split("\n"))
    require(header["format"] == "everlog-bundle/v1", "this is no bundle")
    origin, size, root = opened(header["checkpoint"], verifier_key)
    require((origin, size) == (header["origin"], header["size"]), "the checkpoint is another log's or another size's")
    require(origin.endswith("/log/" + header["log_id"]), "the origin is another log's")
    require(len(lines) == header["count"] + header["records"], "the count does not match")
    indices = [line["index"] for line in lines]
    require(indices == sorted(set(indices)), "the indices do not ascend")
    by_index = dict(zip(indices, lines))
    hashes = []
    for line in lines:
        values = {f["path"]: f["value"] for f in line["fields"]}
        require(all(canonical(json.loads(value)) == value for value in values.values()), f"event {line['index']}: a value is not canonical")
        hashes.append(leaf_hash(bytes.fromhex(header["log_id"]), line))
        if not header["complete"]:
            proof = [base64.b64decode(it, validate=True) for it in line["proof"]]
            require(root_from(hashes[-1], line["index"], size, proof) == root, f"event {line['index']} is not in the log")
        for erased in line["erased"]:
            record = {f["path"]: json.loads(f["value"]) for f in by_index[erased["by"]]["fields"]}
            listed = record.get(f"/e/metadata/erased/{line['index']}", [])
            require(erased["by"] > line["index"] and record["/s/kind"] == "erasure", f"event {erased['by']} is no record of an erasure")
            require(erased["commitment"] in listed, f"event {erased['by']} does not record this erasure")
    if header["complete"]:
        require(indices == list(range(size)) and tree_root(hashes) == root, "the events are not the log that was signed")
    print(len(lines), "events hold in", origin)
    print("size", size, "root", root.hex())
    print("complete" if header["complete"] else "whether other events match is not proven")


if __name__ == "__main__":
    require(len(sys.argv) == 3, __doc__)
    main(*sys.argv[1:])
