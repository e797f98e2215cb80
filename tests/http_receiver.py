"""A web server to send to: it answers as told and keeps what it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    code: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    resets: bool = False
    raw: bytes | None = None
    """Sent as it is, instead of the body as JSON."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)
    answer: Answer = field(default_factory=Answer)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    otherwise: Callable[[Request], Answer] = lambda request: Answer()
    """For paths of which nothing is said."""
    _answers: dict[str, list[Answer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, *answers: Answer) -> None:
        """One after the other; the last one for good."""
        self._answers[path] = list(answers)

    def received(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def take(self, request: Request) -> Answer:
        with self._lock:
            answers = self._answers.get(request.path) or [self.otherwise(request)]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self.requests.append(replace(request, answer=answer))
            return answer


@contextmanager
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = state.take(Request(self.path, headers, body))
            if answer.hangs:
                state.released.wait(30)
            if answer.hangs or answer.resets:
                self.close_connection = True
                return
            content = json.dumps(answer.body).encode() if answer.raw is None else answer.raw
            self.send_response(answer.code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
