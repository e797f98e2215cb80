"""RFC 9162 once more, straight from its recursive definitions: what the database says is held against it."""

import hashlib


def leaf(log: str, line: str) -> bytes:
    return hashlib.sha256(b"\x00" + f"peerledger/entry/v1\n{log}\n{line}".encode()).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def cut(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    at = cut(len(leaves))
    return node(root(leaves[:at]), root(leaves[at:]))


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    at = cut(len(leaves))
    if index < at:
        return [*inclusion(index, leaves[:at]), root(leaves[at:])]
    return [*inclusion(index - at, leaves[at:]), root(leaves[:at])]


def consistency(old_size: int, leaves: list[bytes]) -> list[bytes]:
    return [] if old_size in (0, len(leaves)) else _subproof(old_size, leaves, True)


def _subproof(old_size: int, leaves: list[bytes], is_whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if is_whole else [root(leaves)]
    at = cut(len(leaves))
    if old_size <= at:
        return [*_subproof(old_size, leaves[:at], is_whole), root(leaves[at:])]
    return [*_subproof(old_size - at, leaves[at:], False), root(leaves[:at])]
