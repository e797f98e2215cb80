"""What others answer over HTTP, read as far as it is needed and no further."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peerledger.errors import RunnerError

if TYPE_CHECKING:
    import httpx

# Two megabytes of gzip can be gigabytes of text: nothing is unpacked, and nobody is asked to pack it.
UNPACKED = {"Accept-Encoding": "identity"}
ENOUGH = 65_536
_POST_SECONDS = 20


@dataclass(frozen=True)
class Answered:
    code: int
    headers: Mapping[str, str]
    body: bytes = b""
    """At most `ENOUGH` bytes, as they came."""


async def read(response: "httpx.Response", at_most: int = ENOUGH) -> bytes:
    """So much and no more: what is left unread costs the connection, not our memory."""
    body = bytearray()
    async for chunk in response.aiter_raw(chunk_size=16_384):
        body += chunk
        if len(body) > at_most:
            break
    return bytes(body[:at_most])


def read_now(response: "httpx.Response", at_most: int = ENOUGH) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw(chunk_size=16_384):
        body += chunk
        if len(body) > at_most:
            break
    return bytes(body[:at_most])


def post_checkpoint(
    setting: str,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    any_code: bool = False,
    with_body: bool = True,
) -> Answered:
    """To the address in a setting, which may hold a secret: an error names the setting alone."""
    # A quarter of what every command imports, and few of them send anything.
    import httpx

    headers = {**headers, **UNPACKED}
    try:
        with httpx.stream("POST", url, content=content, headers=headers, timeout=_POST_SECONDS) as answer:
            if not any_code:
                answer.raise_for_status()
            body = read_now(answer) if with_body else b""
            return Answered(answer.status_code, answer.headers, body)
    except httpx.HTTPError as error:
        raise RunnerError(
            f"The checkpoint could not be sent to {setting} ({type(error).__name__})."
        ) from None
