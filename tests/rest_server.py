"""As much of PostgREST as supabase-js needs to run the examples: requests become the statements of `rest`."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
from rest import Answer, Rest


def token(role: str, sub: str) -> str:
    """Nothing is signed here: who is trusted is not what the examples show."""
    parts = ({"alg": "none"}, {"role": role, "sub": sub})
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join([*coded, "x"])


@contextmanager
def rest_server(connect: Callable[[], psycopg.Connection]) -> Iterator[str]:
    """The address of a server on this machine, which takes one request at a time."""
    connection, lock = connect(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            with lock:
                rest = Rest(connection, **_caller(self.headers.get("authorization", "")))
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length) or "null")
                address = urlsplit(self.path)
                found = _answer(
                    rest,
                    self.command,
                    address.path.removeprefix("/rest/v1/"),
                    dict(parse_qsl(address.query)),
                    self.headers.get("prefer", ""),
                    self.headers.get("accept", ""),
                    body,
                )
            shown = (
                found.body
                if found.ok
                else {
                    "code": found.code,
                    "message": found.message,
                    "details": found.details,
                    "hint": found.hint,
                }
            )
            text = b"" if found.status in (201, 204) and not found.body else json.dumps(shown).encode()
            self.send_response(found.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _caller(authorization: str) -> dict[str, Any]:
    part = authorization.removeprefix("Bearer ").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return {"role": claims["role"], "sub": claims["sub"]}


def _answer(
    rest: Rest, method: str, name: str, query: dict[str, str], prefer: str, accept: str, body: Any
) -> Answer:
    single = "vnd.pgrst.object" in accept
    if name.startswith("rpc/"):
        return rest.rpc(name.removeprefix("rpc/"), body)
    filters = {
        column: value.removeprefix("eq.") for column, value in query.items() if value.startswith("eq.")
    }
    if method == "POST":
        resolution = re.search(r"resolution=(merge|ignore)-duplicates", prefer)
        return rest.insert(
            name,
            body,
            resolution="merge-duplicates"
            if resolution and resolution[1] == "merge"
            else "ignore-duplicates"
            if resolution
            else None,
            representation="return=representation" in prefer,
        )
    if method == "PATCH":
        return rest.update(name, body, single=single, **filters)
    embedded = re.findall(r"(\w+)\(", query.get("select", ""))
    return rest.embed(name, embedded, **filters) if embedded else rest.get(name, **filters)
