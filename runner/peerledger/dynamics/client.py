"""The few requests we make to Dataverse. One call is one request; we report what came of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urljoin
from uuid import UUID

import httpx

from peerledger import answers
from peerledger.answers import UNPACKED
from peerledger.dynamics.auth import TokenSource
from peerledger.dynamics.credentials import Credentials
from peerledger.dynamics.limits import RequestLimits
from peerledger.errors import RunnerError

API = "/api/data/v9.2/"
PAGE_SIZE = 1_000
_HEADERS = {"Accept": "application/json", "OData-MaxVersion": "4.0", "OData-Version": "4.0", **UNPACKED}
_MAX_PAGES = 10_000
_PAGE_TRIES = 4
_LONGEST_PAGE_WAIT = 60.0
_ENOUGH_BODY = 65_536
_MAX_CONTENT = 16 * 1024 * 1024
_WORTH_ANOTHER_TRY = frozenset({408, 429, 500, 502, 503, 504})

ErrorKind = Literal["timeout", "connection", "bad_response", "token_refused", "token_unavailable", "not_sent"]


@dataclass(frozen=True)
class Seen:
    """What came of a request: a status, or how it broke."""

    code: int | None = None
    error_kind: ErrorKind | None = None
    retry_after: str | None = None
    remedy: str | None = None
    """What a person can do about it, in our words."""


class ReadError(RunnerError):
    """The listing could not be read as a whole."""


class DynamicsClient:
    def __init__(
        self, credentials: Credentials, tokens: TokenSource, limits: RequestLimits, timeout: float = 30
    ) -> None:
        self._credentials = credentials
        self._tokens = tokens
        self.limits = limits
        self._timeout = timeout
        self._base = credentials.url + API
        self._tls = credentials.tls()
        # One connection each, kept open: httpx asks every connection of a pool at every request, which
        # with 52 of them takes most of the time (see bench/dynamics.py).
        self._all: list[httpx.AsyncClient] = []
        self._idle: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for http in self._all:
            await http.aclose()

    @contextmanager
    def _connection(self) -> Iterator[httpx.AsyncClient]:
        """The one used last first: it is the likeliest to be open still."""
        if not self._idle:
            self._idle.append(
                httpx.AsyncClient(
                    verify=self._tls,
                    timeout=self._timeout,
                    follow_redirects=False,
                    limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
                    headers=_HEADERS,
                )
            )
            self._all.append(self._idle[-1])
        http = self._idle.pop()
        try:
            yield http
        finally:
            self._idle.append(http)

    async def set_listed(self, contact_id: UUID, listed: bool, token: str) -> Seen:
        """The caller holds the limits. Without `If-Match: *` Dataverse would make a missing contact."""
        seen, _ = await self._request(
            "PATCH",
            f"{self._base}{self._credentials.entity_set}({contact_id})",
            token,
            headers={"If-Match": "*"},
            payload={self._credentials.listed_column: listed},
        )
        return seen

    async def who_am_i(self, token: str) -> Seen:
        """Changes nothing, and any user that may call the API at all may call it."""
        async with self.limits.request():
            seen, content = await self._request("GET", f"{self._base}WhoAmI", token, content_wanted=True)
        if seen.code == 200 and not (isinstance(content, dict) and "UserId" in content):
            return Seen(code=200, error_kind="bad_response")
        return seen

    async def listing(self, page_size: int = PAGE_SIZE) -> AsyncIterator[tuple[UUID, bool]]:
        """Every contact and whether it is listed. Raises when it cannot be read to its end."""
        key, column = self._credentials.key_column, self._credentials.listed_column
        address: str | None = f"{self._base}{self._credentials.entity_set}?$select={key},{column}"
        read: set[str] = set()
        while address is not None:
            if address in read or len(read) >= _MAX_PAGES:
                raise ReadError("Dynamics' pages have no end. Nothing was compared.")
            read.add(address)
            page = await self._page(address, page_size)
            try:
                rows = [(UUID(row[key]), row[column] is True) for row in page["value"]]
                following = page.get("@odata.nextLink")
            except (KeyError, TypeError, ValueError, AttributeError):
                raise ReadError(
                    "Dynamics' answer is not the list that was asked for. Nothing was compared."
                ) from None
            for row in rows:
                yield row
            address = None if following is None else self._same_house(address, following)

    async def _page(self, address: str, page_size: int) -> Any:
        """Reading changes nothing, so it may be tried again at once."""
        for attempt in range(1, _PAGE_TRIES + 1):
            token = await self._tokens.token()
            async with self.limits.request():
                seen, content = await self._request(
                    "GET",
                    address,
                    token,
                    headers={"Prefer": f"odata.maxpagesize={page_size}"},
                    content_wanted=True,
                )
            if seen.code == 200 and content is not None:
                return content
            if seen.code == 401:
                self._tokens.forget(token)
            passing = seen.code is None or seen.code == 401 or seen.code in _WORTH_ANOTHER_TRY
            if attempt == _PAGE_TRIES or not passing:
                break
            await asyncio.sleep(min(max(seconds_to_wait(seen.retry_after), attempt / 2), _LONGEST_PAGE_WAIT))
        raise ReadError(f"The listing cannot be read: {describe(seen)}. Nothing was compared.")

    def _same_house(self, address: str, following: Any) -> str:
        """Our token goes along, so never to another host."""
        if not isinstance(following, str):
            raise ReadError("Dynamics' next page has no address. Nothing was compared.")
        target = urljoin(address, following)
        if not target.startswith(self._base):
            raise ReadError("Dynamics' next page is on another host. Nothing was compared.")
        return target

    async def _request(
        self,
        method: str,
        address: str,
        token: str,
        *,
        headers: dict[str, str] | None = None,
        payload: dict[str, Any] | None = None,
        content_wanted: bool = False,
    ) -> tuple[Seen, Any]:
        code: int | None = None
        retry_after: str | None = None
        content: Any = None
        with self._connection() as http:
            try:
                async with (
                    asyncio.timeout(self._timeout),
                    http.stream(
                        method,
                        address,
                        headers={"Authorization": f"Bearer {token}", **(headers or {})},
                        json=payload,
                    ) as response,
                ):
                    code = response.status_code
                    retry_after = response.headers.get("Retry-After", "")[:100] or None
                    body = await answers.read(response, _MAX_CONTENT if content_wanted else _ENOUGH_BODY)
                    content = _parsed(response, body) if content_wanted and code == 200 else None
                    kind: ErrorKind = "bad_response"
            except (httpx.TimeoutException, TimeoutError):
                kind = "timeout"
            except httpx.RemoteProtocolError as error:
                # The same class for an answer that is none and for no answer at all.
                closed = str(error).startswith(("Server disconnected", "peer closed"))
                kind = "connection" if closed else "bad_response"
            except httpx.DecodingError:
                kind = "bad_response"
            except httpx.TransportError:
                kind = "connection"
        if code is not None and 100 <= code <= 599:
            # A status that came through counts, even if the rest of the answer did not.
            return Seen(code, None, retry_after), content
        return Seen(None, kind), None


def describe(seen: Seen) -> str:
    """For a person. Nothing of what the other side said but its status."""
    if seen.error_kind == "bad_response":
        return "the answer is not from Dynamics; check the address"
    if seen.code is not None:
        meanings = {
            401: "the token was not accepted",
            403: "the application user lacks a permission",
            404: "no such address or table",
            429: "too many requests",
        }
        return f"HTTP {seen.code}" + (f", {meanings[seen.code]}" if seen.code in meanings else "")
    if seen.remedy is not None:
        return f"Entra refused a token: {seen.remedy}"
    return {
        "timeout": "no answer in time",
        "connection": "no connection, or it was lost",
        "token_refused": "Entra refused a token; check tenant, client, and secret or certificate",
        "token_unavailable": "Entra is not issuing tokens at present",
    }.get(seen.error_kind or "", "nothing was sent")


def _parsed(response: httpx.Response, body: bytes) -> Any:
    if "json" not in response.headers.get("Content-Type", ""):
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def seconds_to_wait(retry_after: str | None) -> float:
    """What a Retry-After asks for: seconds or a date. Nonsense asks for nothing."""
    if not retry_after:
        return 0
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0)
