"""The server, in a thread of its own: everybody talks to it as to the real ones."""

import asyncio
import json
import logging
import secrets
import ssl
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl
from uuid import UUID

import trustme
from aiohttp import web
from cryptography import x509

from peerledger.settings import PREFIX, Settings
from standin.dataverse import Dataverse, ODataError, Table, unauthorized
from standin.entra import Entra
from standin.faults import Fault, Faults
from standin.journal import Journal, Request

logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)

API = "/api/data/v9.2/"
_HOST = "127.0.0.1"


class StandIn:
    """Use as a context manager. What it holds may be read and changed while it runs."""

    def __init__(self, table: Table | None = None) -> None:
        self.table = table or Table()
        self.entra = Entra(tenant_id=str(uuid.uuid4()), client_id=str(uuid.uuid4()))
        self.dataverse = Dataverse(self.table)
        self.journal = Journal()
        self.faults = Faults()
        self.token_faults = Faults()
        self._directory = tempfile.TemporaryDirectory(prefix="peerledger-standin-")
        self._authority = trustme.CA(organization_name="Peerledger stand-in")
        self.ca_file = Path(self._directory.name) / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))
        self._loop = asyncio.new_event_loop()
        # Callers that break off are part of the play, not worth a traceback each.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)
        self._port = 0
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._directory.cleanup()

    @property
    def url(self) -> str:
        return f"https://{_HOST}:{self._port}"

    def settings(self) -> dict[str, str]:
        """The environment in which `peerledger` talks to this and not to Dynamics."""
        values = {
            "URL": self.url,
            "AUTHORITY": self.url,
            "TENANT_ID": self.entra.tenant_id,
            "CLIENT_ID": self.entra.client_id,
            "CLIENT_SECRET": self.entra.client_secret or "",
            "ENTITY_SET": self.table.entity_set,
            "KEY_COLUMN": self.table.key_column,
            "CA_FILE": str(self.ca_file),
        }
        return {f"{PREFIX}DYNAMICS_{name}": value for name, value in values.items()}

    def configure(self, settings: Settings) -> Settings:
        """The same settings, with nothing left of what they say of the real Dynamics."""
        usual = {
            name: field.default
            for name, field in Settings.model_fields.items()
            if name.startswith("dynamics_")
        }
        given = {name.removeprefix(PREFIX).lower(): value for name, value in self.settings().items()}
        return Settings.model_validate(settings.model_dump() | usual | given)

    def add_contact(self, contact_id: UUID | None = None, listed: bool | None = False) -> UUID:
        contact_id = contact_id or uuid.uuid4()
        self.table.put(contact_id, {"hlf_listed": listed})
        return contact_id

    def listed(self) -> dict[UUID, bool]:
        """What the public sees."""
        return {key: row.values["hlf_listed"] is True for key, row in list(self.table.rows.items())}

    def change_secret(self) -> str:
        self.entra.client_secret = secrets.token_urlsafe()
        return self.entra.client_secret

    def use_certificate(self) -> Path:
        """From now on this certificate with its key is a proof too."""
        issued = self._authority.issue_cert("client.invalid", key_type=trustme.KeyType.RSA)
        path = Path(self._directory.name) / f"client-{uuid.uuid4()}.pem"
        path.write_bytes(issued.private_key_pem.bytes() + issued.cert_chain_pems[0].bytes())
        path.chmod(0o600)
        self.entra.certificate = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
        return path

    def stop_listening(self) -> None:
        """As when the machine is away: connections are broken and refused."""
        self._wait(self._close())

    def listen_again(self) -> None:
        self._wait(self._open())

    # Below: in the server's thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _wait(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _open(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert("localhost", _HOST).configure_cert(context)
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, _HOST, self._port, ssl_context=context, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        if self._runner is None:
            return
        # Abort, for a callers' goodbye may never come; then let the loop carry it out.
        for connection in self._runner.server.connections if self._runner.server else ():
            if connection.transport is not None:
                connection.transport.abort()
        await self._runner.cleanup()
        self._runner = None
        for _ in range(5):
            await asyncio.sleep(0.01)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        path = request.path
        contact = self.dataverse.entity_key(path.removeprefix(API)) if path.startswith(API) else None
        entry = Request(
            request.method, path, contact, _shown(request.headers), _content(body), time.monotonic()
        )
        self.journal.begin(entry)
        try:
            faults = self.token_faults if entry.is_token_request else self.faults
            return await self._answer(request, body, entry, faults.take(contact))
        finally:
            self.journal.end(entry, time.monotonic())

    async def _answer(
        self, request: web.BaseRequest, body: bytes, entry: Request, fault: Fault
    ) -> web.StreamResponse:
        if fault.latency:
            await asyncio.sleep(fault.latency)
        await _until(fault.waits_for)
        if fault.revokes_tokens:
            self.entra.revoke_tokens()
        if fault.cut == "before":
            return _cut(request)
        if fault.raw is not None:
            if request.transport is not None:
                request.transport.write(fault.raw)
                request.transport.close()
            return web.Response()
        extra = {"Retry-After": fault.retry_after, "Location": fault.location}
        response: web.Response
        if fault.status is not None:
            response = web.Response(
                status=fault.status,
                body=fault.body if fault.body is not None else b"",
                headers={"Content-Type": fault.content_type},
            )
        else:
            changes = self.table.changes
            response = self._do(request, body, entry.path)
            if self.table.changes != changes:
                entry.applied, entry.applied_at = True, self.table.changes
        response.headers.update({name: value for name, value in extra.items() if value is not None})
        if fault.latency_after:
            await asyncio.sleep(fault.latency_after)
        await _until(fault.answers_after)
        if fault.cut == "after":
            return _cut(request)
        entry.status = response.status
        return response

    def _do(self, request: web.BaseRequest, body: bytes, path: str) -> web.Response:
        try:
            if path.startswith(API):
                if not self.entra.accepts(request.headers.get("Authorization", "")):
                    raise unauthorized()
                return self.dataverse.handle(request, path.removeprefix(API), body, self.url + API)
            parts = path.strip("/").split("/")
            if path.endswith("/oauth2/v2.0/token") and request.method == "POST":
                return self.entra.token(parts[0], _form(body), f"{self.url}{path}")
            if path.endswith("/.well-known/openid-configuration"):
                return self.entra.discovery(self.url)
            return web.json_response({"error": "not_found"}, status=404)
        except ODataError as error:
            return error.response()


async def _until(event: threading.Event | None) -> None:
    while event is not None and not event.is_set():
        await asyncio.sleep(0.01)


def _cut(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        # abort, not close: a reset, as when a machine falls over.
        request.transport.abort()
    return web.Response()


def _form(body: bytes) -> Mapping[str, str]:
    return dict(parse_qsl(body.decode(errors="replace")))


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Authorization"}


def _content(body: bytes) -> Any:
    """Never a secret: the journal holds JSON only, and tokens are asked for with a form."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
