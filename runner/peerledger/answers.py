"""What others answer over HTTP, read as far as it is needed and no further."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

# Two megabytes of gzip can be gigabytes of text: nothing is unpacked, and nobody is asked to pack it.
UNPACKED = {"Accept-Encoding": "identity"}
ENOUGH = 65_536


@dataclass(frozen=True)
class Answered:
    code: int
    headers: Mapping[str, str]
    body: bytes = b""
    """At most `ENOUGH` bytes, as they came."""


async def read(response: httpx.Response, at_most: int = ENOUGH) -> bytes:
    """So much and no more: what is left unread costs the connection, not our memory."""
    body = bytearray()
    async for chunk in response.aiter_raw(chunk_size=16_384):
        body += chunk
        if len(body) > at_most:
            break
    return bytes(body[:at_most])


def read_now(response: httpx.Response, at_most: int = ENOUGH) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw(chunk_size=16_384):
        body += chunk
        if len(body) > at_most:
            break
    return bytes(body[:at_most])


def is_protected(url: str) -> bool:
    """Over TLS, or to this machine itself: nobody on the way can read or change it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
