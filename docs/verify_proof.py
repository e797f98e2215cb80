"""Judges a pocket proof of a Peerledger log entry. Plain Python 3: no package, no database, no network.

    python3 verify_proof.py PROOF.json [--key VKEY]... [--seen CHECKPOINT]...

--key   the public key that you were given, name+id+base64; the checkpoint must be signed by it.
--seen  a checkpoint that you kept from earlier or got from elsewhere; it and the proof's tree must fit.

Exit code 0: valid. 1: not valid, and why. 2: cannot be judged. 3: sound, but nobody vouches for the tree:
neither a key nor a checkpoint of your own was given. The method is RFC 9162 (trees) and C2SP (checkpoints).
"""

import base64
import hashlib
import json
import sys


class NotValid(Exception): ...
class CannotJudge(Exception): ...


def sha256(data): return hashlib.sha256(data).digest()
def node(left, right): return sha256(b"\x01" + left + right)
def leaf(log, line): return sha256(b"\x00peerledger/entry/v1\n" + log.encode() + b"\n" + line.encode())


# --- Trees: RFC 9162, 2.1.3.2 and 2.1.4.2 ---
def inclusion_root(index, size, leaf_hash, path):
    """The root of a tree of that size with the leaf at that index, given the hashes beside its way up."""
    if not 0 <= index < size or len(leaf_hash) != 32:
        raise NotValid(f"a tree of {size} has no leaf {index}")
    position, last, root = index, size - 1, leaf_hash
    for step in path:
        if last == 0:
            raise NotValid("the inclusion proof is too long")
        if position % 2 or position == last:
            root = node(step, root)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            root = node(root, step)
        position, last = position // 2, last // 2
    if last:
        raise NotValid("the inclusion proof is too short")
    return root


def continues(old_size, old_root, new_size, new_root, path):
    """Does the tree of new_size begin with the tree of old_size? Raises NotValid when it does not."""
    if old_size > new_size:
        raise NotValid(f"the tree shrank: {old_size} → {new_size}")
    for size, root in ((old_size, old_root), (new_size, new_root)):
        if size == 0 and root != sha256(b""):
            raise NotValid("the root of the empty tree is another")
    if old_size in (0, new_size):
        if path or (old_size and old_root != new_root):
            raise NotValid(f"two different trees of the same size ({old_size})")
        return
    path = list(path)
    if old_size & (old_size - 1) == 0:  # A power of two: the old tree is a node of the new one.
        path.insert(0, old_root)
    if not path:
        raise NotValid("the consistency proof is too short")
    position, last = old_size - 1, new_size - 1
    while position % 2:
        position, last = position // 2, last // 2
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            raise NotValid("the consistency proof is too long")
        if position % 2 or position == last:
            old, new = node(step, old), node(step, new)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            new = node(new, step)
        position, last = position // 2, last // 2
    if last:
        raise NotValid("the consistency proof is too short")
    if old != old_root:
        raise NotValid("the earlier tree is not the one that was seen")
    if new != new_root:
        raise NotValid("the later tree does not continue the earlier one")


# --- Signatures: Ed25519, RFC 8032, 5.1.7 ---
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(a, b):
    x, y = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = y - x, z - t, z + t, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x % 2 != sign else x
    return x, y, 1, x * y % P


def is_signed(key, text, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % Q
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    left, right = multiply(s, base), add(r, multiply(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 == (left[1] * right[2] - right[1] * left[2]) % P


# --- Checkpoints: C2SP tlog-checkpoint and signed-note ---
def read_checkpoint(note):
    """Origin, size, root, the signed text, and the signatures by name and key id."""
    text, gap, rest = note.partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) < 3 or not lines[0] or not lines[1].isascii() or not lines[1].isdigit():
        raise NotValid("the checkpoint is not origin, size and root, each on its line, and an empty line")
    if str(int(lines[1])) != lines[1]:
        raise NotValid("the size of the checkpoint is not written plainly")
    signatures = []
    for line in rest.split("\n")[:-1] if rest else []:
        dash, name, data = [*line.split(" "), "", ""][:3]
        if dash != "\u2014" or not data or line.count(" ") != 2:
            raise NotValid("a signature line of the checkpoint is malformed")
        raw = base64_bytes(data, "a signature of the checkpoint")
        signatures.append((name, raw[:4], raw[4:]))
    return lines[0], int(lines[1]), one_hash(lines[2], "the root"), (text + "\n").encode(), signatures


def read_key(vkey):
    name, _, rest = vkey.strip().partition("+")
    key_id, _, data = rest.partition("+")
    try:
        raw = base64.b64decode(data, validate=True)
        known = bytes.fromhex(key_id)
    except ValueError:
        raw, known = b"", b""
    if len(raw) != 33 or raw[:1] != b"\x01" or sha256(name.encode() + b"\n" + raw)[:4] != known:
        raise CannotJudge("--key is not a key of the form name+id+base64")
    return name, known, raw[1:]


def base64_bytes(text, what):
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise NotValid(f"{what} is not base64") from None


def one_hash(text, what):
    data = base64_bytes(text, what)
    if len(data) != 32:
        raise NotValid(f"{what} is not a hash of 32 bytes")
    return data


def check_key(note, vkey):
    """Raises NotValid unless the checkpoint is signed by that key."""
    name, key_id, key = read_key(vkey)
    *_, text, signatures = read_checkpoint(note)
    mine = [signature for signer, known, signature in signatures if (signer, known) == (name, key_id)]
    if not mine:
        raise NotValid(f"the checkpoint is not signed by {name}+{key_id.hex()}")
    if not all(is_signed(key, text, signature) for signature in mine):
        raise NotValid(f"the signature of {name}+{key_id.hex()} is wrong")


# --- The file ---
def judge(content, keys=(), seen=()):
    """What the proof shows, as text, and whether anybody vouches. Raises NotValid or CannotJudge."""
    try:
        proof = json.loads(content)
    except ValueError:
        raise CannotJudge("the file is not JSON") from None
    if not isinstance(proof, dict) or proof.get("format") != "peerledger-proof/1":
        raise CannotJudge("this program reads the format peerledger-proof/1")
    missing = {"log", "line", "index", "inclusion", "checkpoint"} - set(proof)
    if missing:
        raise CannotJudge(f"the file has no {min(missing)}")
    log, line, index, note = (proof[name] for name in ("log", "line", "index", "checkpoint"))
    links, inclusion = proof.get("consistency", []), proof["inclusion"]
    if not all(isinstance(text, str) for text in (log, line, note)) or type(index) is not int:
        raise NotValid("log, line and checkpoint must be texts, and index a whole number")
    if not log or log.strip("abcdefghijklmnopqrstuvwxyz_"):
        raise NotValid("that is not the name of a log")
    if not isinstance(inclusion, list) or not isinstance(links, list):
        raise NotValid("inclusion and consistency must be lists")
    origin, size, root, _, _ = read_checkpoint(note)
    path = [one_hash(text, "a hash of the inclusion proof") for text in inclusion]
    if inclusion_root(index, size, leaf(log, line), path) != root:
        raise NotValid("the entry is not in the tree of the checkpoint")
    for vkey in keys:
        check_key(note, vkey)
    for other in seen:
        seen_origin, seen_size, seen_root, _, _ = read_checkpoint(other)
        if seen_origin != origin:
            raise CannotJudge(f"the seen checkpoint is of {seen_origin}, the proof of {origin}")
        old, new = sorted(((seen_size, seen_root), (size, root)))
        hashes = [] if old[0] in (0, new[0]) else find_link(links, old[0], new[0])
        continues(*old, *new, hashes)
    return f"Entry {index} of {size:,} in {origin}, log {log}:\n{line}", bool(keys or seen)


def find_link(links, old_size, new_size):
    for link in links:
        if not isinstance(link, dict) or not isinstance(link.get("hashes"), list):
            raise NotValid("a link of the consistency is malformed")
        if type(link.get("from")) is int and (link["from"], link.get("to")) == (old_size, new_size):
            return [one_hash(text, "a hash of the consistency proof") for text in link["hashes"]]
    raise CannotJudge(f"the file does not link the trees of {old_size} and {new_size}")


def main(arguments):
    files, keys, seen, rest = [], [], [], list(arguments)
    try:
        while rest:
            word = rest.pop(0)
            if word in ("--key", "--seen", "--proof") and not rest:
                raise CannotJudge(f"{word} needs a value")
            if word == "--key":
                keys.append(rest.pop(0))
            elif word == "--seen":
                seen.append(rest.pop(0))
            else:
                files.append(rest.pop(0) if word == "--proof" else word)
        if len(files) != 1:
            raise CannotJudge("give one proof file; see the head of this program")
        texts = []
        for name in files + seen:
            with open(name, "rb") as file:
                texts.append(file.read().decode("utf-8"))
        try:
            for text in texts[1:]:
                read_checkpoint(text)
        except NotValid as why:
            raise CannotJudge(f"a seen checkpoint cannot be read: {why}") from None
        shown, is_vouched = judge(texts[0], keys, texts[1:])
    except NotValid as why:
        print(f"NOT VALID: {why}.")
        return 1
    except (CannotJudge, OSError, UnicodeDecodeError, RecursionError) as why:
        print(f"CANNOT BE JUDGED: {why}.")
        return 2
    print(shown)
    print("VALID." if is_vouched else "SOUND, but nobody vouches: give --key or --seen.")
    return 0 if is_vouched else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
