"""Recomputes the worked example of docs/format.md, from that page alone. Deliberately absent: every library but Python's own.

Usage: recompute_leaf.py VECTORS [CHECKPOINT VERIFIER_KEY], the last two as open_checkpoint.py takes them.
"""

import base64, hashlib, json, struct, sys
from decimal import Decimal


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def require(holds, what):
    if not holds:
        sys.exit(f"recompute_leaf: {what}")


def number(value):
    """As ECMAScript writes it; Python's repr finds the same shortest digits."""
    if value == int(value) and abs(value) < 10**21:
        return str(int(value))
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, point = "".join(map(str, digits)), len(digits) + exponent
    if 0 < point <= 21:
        text = (digits[:point] + "." + digits[point:]).rstrip(".")
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:]).rstrip(".") + f"e{point - 1:+d}"
    return "-" * sign + text


def canonical(value):
    """RFC 8785."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def flatten(value, path=""):
    """Section 4: the fields of a document."""
    shallow = path.count("/") < 4
    step = lambda name: path + "/" + str(name).replace("~", "~0").replace("/", "~1")
    if shallow and isinstance(value, dict) and value:
        for name, member in value.items():
            yield from flatten(member, step(name))
    elif shallow and isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield path, str(len(value))
        for index, item in enumerate(value):
            yield from flatten(item, step(index))
    else:
        yield path, canonical(value)


def commitment(path, value, salt):
    path = path.encode()
    return sha256(b"everlog/field/v1\0", salt, struct.pack(">H", len(path)), path, value.encode())


def root_from(leaf_hash, index, size, proof):
    """Section 7: the root that an inclusion proof leads to."""
    node, last, result = index, size - 1, leaf_hash
    for sibling in proof:
        require(last, "the proof is too long")
        if node % 2 or node == last:
            result = sha256(b"\1", sibling, result)
            while node and node % 2 == 0:
                node, last = node // 2, last // 2
        else:
            result = sha256(b"\1", result, sibling)
        node, last = node // 2, last // 2
    require(last == 0, "the proof is too short")
    return result


def check_leaf(vectors):
    fields = dict(flatten(json.loads(vectors["document_jcs"])))
    require(canonical(json.loads(vectors["document_jcs"])) == vectors["document_jcs"], "the document is not canonical")
    require(fields == {f["path"]: f["value_jcs"] for f in vectors["fields"]}, "the fields differ")
    hashes = [commitment(f["path"], fields[f["path"]], bytes.fromhex(f["salt_hex"])) for f in vectors["fields"]]
    require([h.hex() for h in hashes] == [f["commitment_hex"] for f in vectors["fields"]], "a commitment differs")
    print(len(hashes), "commitments agree")
    head = struct.pack(">QQH", vectors["index"], vectors["received_ms"], len(hashes))
    leaf = b"\1\1" + bytes.fromhex(vectors["log_id_hex"]) + head + b"".join(sorted(hashes))
    require(leaf.hex() == vectors["leaf_hex"], "the leaf differs")
    leaf_hash = sha256(b"\0", leaf)
    require(leaf_hash.hex() == vectors["leaf_hash_hex"], "the leaf hash differs")
    print("leaf hash", leaf_hash.hex())
    proof = [base64.b64decode(sibling) for sibling in vectors["inclusion_41_in_50"]]
    root = root_from(leaf_hash, vectors["index"], vectors["tree_size"], proof)
    require(root == base64.b64decode(vectors["root_b64"]), "the proof leads to another root")
    print("leaf", vectors["index"], "is in the tree of", vectors["tree_size"])


if __name__ == "__main__":
    require(len(sys.argv) in (2, 4), __doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        check_leaf(json.load(file))
    if len(sys.argv) == 4:
        sys.dont_write_bytecode = True
        import open_checkpoint

        open_checkpoint.main(*sys.argv[2:])
