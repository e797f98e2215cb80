"""Tokens from Entra, through azure-identity.

Its ways that we do not want: it retries by itself, it raises one and the same class for a wrong secret,
an overload and a broken connection, and it hands out a kept token that the API has since refused. So each
token comes from a credential of its own that makes one attempt, and we look at the answer itself.
"""

import asyncio
import logging
import time
from typing import Any, Literal

import aiohttp
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import CertificateCredential, ClientSecretCredential

from peerledger.dynamics.credentials import Credentials

# It logs requests and errors at length; what matters of them is in our one line.
logging.getLogger("azure").setLevel(logging.CRITICAL)

_RENEW_BEFORE_END = 300
_REFUSALS = (400, 401, 403)
_NOT_A_REFUSAL = ("temporarily_unavailable", "server_error")

# What Entra's codes ask of a person: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_REMEDIES = {
    7000215: "the client secret is wrong; copy its value, not its id",
    7000222: "the client secret has expired; make a new one in Entra",
    700016: "there is no such application in the tenant; look at the client id and the tenant id",
    700027: "the certificate is not one that is registered for the application",
    90002: "there is no such tenant; look at the tenant id",
}

TokenErrorKind = Literal["token_refused", "token_unavailable"]


class TokenError(Exception):
    """No token: refused, which a person must mend, or not to be had just now."""

    def __init__(
        self, kind: TokenErrorKind, retry_after: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry_after = retry_after
        self.remedy = remedy


class TokenSource:
    def __init__(self, credentials: Credentials, timeout: float = 30) -> None:
        self._credentials = credentials
        self._tls = credentials.tls()
        self._timeout = timeout
        self._asking = asyncio.Lock()
        self._token: str | None = None
        self._good_until = 0.0

    @property
    def holds_one(self) -> bool:
        return self._token is not None and time.time() < self._good_until

    async def token(self) -> str:
        async with self._asking:
            if self._token is None or not self.holds_one:
                self._token, ends_at = await self._ask()
                # Some are given for less time than we want to be early.
                lifetime = ends_at - time.time()
                self._good_until = ends_at - min(_RENEW_BEFORE_END, lifetime / 2)
            return self._token

    def forget(self, token: str | None = None) -> None:
        """Dynamics did not take it (or: whichever we hold). The next one will be new."""
        if token is None or token == self._token:
            self._token = None

    async def _ask(self) -> tuple[str, float]:
        answers: list[Any] = []
        connector = aiohttp.TCPConnector(ssl=self._tls)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=True,
            auto_decompress=False,
        )
        options: dict[str, Any] = {
            "authority": self._credentials.authority,
            "disable_instance_discovery": True,
            "retry_total": 0,
            "raw_response_hook": answers.append,
            "transport": AioHttpTransport(session=session),
        }
        try:
            async with self._credential(options) as credential, asyncio.timeout(self._timeout):
                token = await credential.get_token(f"{self._credentials.url}/.default")
        except (AzureError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _what_it_means(answers) from error
        finally:
            # Without waiting for the other side's goodbye, which may never come.
            await connector.close(abort_ssl=True)
            await session.close()
            await asyncio.sleep(0)
        return token.token, float(token.expires_on)

    def _credential(self, options: dict[str, Any]) -> ClientSecretCredential | CertificateCredential:
        ours = self._credentials
        if ours.client_secret is not None:
            secret = ours.client_secret.get_secret_value()
            return ClientSecretCredential(ours.tenant_id, ours.client_id, secret, **options)
        return CertificateCredential(ours.tenant_id, ours.client_id, str(ours.certificate_path), **options)


def _what_it_means(answers: list[Any]) -> TokenError:
    if not answers:
        return TokenError("token_unavailable")
    answer = answers[-1].http_response
    retry_after = answer.headers.get("Retry-After")
    if answer.status_code not in _REFUSALS:
        return TokenError("token_unavailable", retry_after)
    try:
        said = answer.json()
        reason, codes = said.get("error"), said.get("error_codes")
    except (ValueError, AttributeError):
        reason, codes = None, None
    if reason in _NOT_A_REFUSAL:
        return TokenError("token_unavailable", retry_after)
    known = [code for code in codes if code in _REMEDIES] if isinstance(codes, list) else []
    return TokenError("token_refused", remedy=_REMEDIES[known[0]] if known else None)
