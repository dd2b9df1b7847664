"""Opens a checkpoint as docs/format.md says, and prints its size and root. Deliberately absent: libraries, speed, secrets;
this Ed25519 only verifies.

Usage: open_checkpoint.py CHECKPOINT VERIFIER_KEY
CHECKPOINT is a file or a URL (EVERLOG_API_KEY is shown to the server), VERIFIER_KEY the line of /v1/log-key.
"""

import base64, hashlib, os, sys, urllib.request


def require(holds, what):
    if not holds:
        sys.exit(f"open_checkpoint: {what}")


P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def point(encoded):
    """RFC 8032, section 5.1.3."""
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    require(y < P and x * x % P == square, "this is no point of the curve")
    return (P - x if x % 2 != encoded[31] >> 7 else x), y


def add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P


def times(scalar, a):
    result = (0, 1)
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        result = add(result, a) if bit == "1" else result
    return result


def ed25519_holds(public, text, signature):
    base, s = point((4 * pow(5, -1, P) % P).to_bytes(32, "little")), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % L
    return len(signature) == 64 and s < L and times(s, base) == add(point(signature[:32]), times(k, point(public)))


def opened(note, verifier_key):
    """Section 8 of the page: origin, size and root of a note that the key signed."""
    name, key_id, key = verifier_key.strip().split("+", 2)
    key, key_id = base64.b64decode(key, validate=True), bytes.fromhex(key_id)
    require(key[0] == 1 and len(key) == 33 and hashlib.sha256(name.encode() + b"\n" + key).digest()[:4] == key_id, "this is no verifier key")
    text, _, lines = note.rpartition("\n\n")
    ours = [line.split(" ") for line in lines.splitlines() if line.startswith(f"\u2014 {name} ")]
    signed = [base64.b64decode(line[2], validate=True) for line in ours]
    signatures = [bytes_[4:] for bytes_ in signed if bytes_[:4] == key_id]
    good = [ed25519_holds(key[1:], (text + "\n").encode(), signature) for signature in signatures]
    require(good and all(good), "the checkpoint is not signed by this key")
    require(text.count("\n") == 2, "a checkpoint has three lines")
    origin, size, root = text.split("\n")
    return origin, int(size), base64.b64decode(root, validate=True)


def main(place, verifier_key):
    if place.startswith("http"):
        bearer = {"Authorization": "Bearer " + os.environ["EVERLOG_API_KEY"]}
        place = urllib.request.Request(place, headers=bearer)
        note = urllib.request.urlopen(place).read().decode()
    else:
        note = open(place, encoding="utf-8", newline="").read()
    origin, size, root = opened(note, verifier_key)
    print("checkpoint of", origin, "signed by", verifier_key.split("+")[0])
    print("size", size, "root", root.hex())


if __name__ == "__main__":
    require(len(sys.argv) == 3, __doc__)
    main(*sys.argv[1:])
