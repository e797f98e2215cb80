"""What stands between the runner and its database: a wire that goes silent, and a transaction pooler."""

import contextlib
import itertools
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo


@dataclass
class Wire:
    """Passes bytes on, until it is frozen: then it still takes them, as TCP does for a stopped process."""

    server: str | tuple[str, int]
    """The server's socket, or its host and port."""
    only_first: bool = False
    """A frozen wire still works for connections that are made later."""
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    frozen: threading.Event = field(default_factory=threading.Event)
    _pairs: list["_Pair"] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def freeze(self) -> None:
        self.frozen.set()
        for pair in list(self._pairs):
            pair.silent.set()

    def thaw(self) -> None:
        """For connections that are made later; those that were silent stay so."""
        self.frozen.clear()

    def cut(self) -> None:
        """Every connection is broken, whatever is on its way."""
        for pair in list(self._pairs):
            pair.close()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX if isinstance(self.server, str) else socket.AF_INET)
            try:
                server.connect(self.server)
            except OSError:
                # Away, and so for whoever asks here.
                client.close()
                server.close()
                continue
            pair = _Pair(client, server, self.frozen)
            if self.frozen.is_set() and not self.only_first:
                pair.silent.set()
            self._pairs = [each for each in self._pairs if not each.closed.is_set()] + [pair]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=pair.pass_on, args=(source, sink), daemon=True).start()

    def close(self) -> None:
        self._over.set()
        # Who waits in accept is woken by this, and not by closing.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


@dataclass
class _Pair:
    client: socket.socket
    server: socket.socket
    frozen: threading.Event
    silent: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    def pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if self.silent.is_set():
                    # Taken, and passed on to nobody.
                    continue
                sink.sendall(data)
        # What stands still notices later that one end is gone.
        while self.silent.is_set() and self.frozen.is_set() and not self.closed.is_set():
            time.sleep(0.05)
        self.close()

    def close(self) -> None:
        self.closed.set()
        for each in (self.client, self.server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def wire_to(dsn: str, only_first: bool = False) -> Iterator[tuple[Wire, str]]:
    """With the address of the same database, through the wire."""
    wire = Wire(_server_of(dsn), only_first)
    threading.Thread(target=wire.run, daemon=True).start()
    try:
        yield wire, make_conninfo(dsn, host="127.0.0.1", port=wire.port, sslmode="disable", connect_timeout=5)
    finally:
        wire.close()


@dataclass
class Pooler:
    """Lends a connection to the server for one transaction, the one that came back last, as PgBouncer does."""

    path: str
    startup: bytes
    """The packet with which it logs in."""
    is_round_robin: bool = False
    """Lends the one that has been back for longest."""
    size: int = 100
    """So many connections to the server; whoever finds none waits."""
    is_in_session_mode: bool = False
    """Lends it for as long as the client stays."""
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _free: list[socket.socket] = field(default_factory=list)
    _all: list[socket.socket] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1_000_001))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _came_back: threading.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._came_back = threading.Semaphore(self.size)

    def run(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self._all.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            (length,) = struct.unpack("!i", _exactly(client, 4))
            _exactly(client, length - 4)
            key = struct.pack("!cii", b"K", 12, next(self._numbers)) + b"\0\0\0\0"
            parameters = b"".join(
                _message(b"S", name + b"\0" + value + b"\0")
                for name, value in (
                    (b"client_encoding", b"UTF8"),
                    (b"server_version", b"18.0"),
                    (b"standard_conforming_strings", b"on"),
                )
            )
            client.sendall(_message(b"R", b"\0\0\0\0") + parameters + key + _message(b"Z", b"I"))
            while True:
                first = _read(client)
                if first[:1] == b"X":
                    return
                self._lend(client, first)

    def _lend(self, client: socket.socket, first: bytes) -> None:
        self._came_back.acquire()
        with self._lock:
            server = self._free.pop(0 if self.is_round_robin else -1) if self._free else self._new()
        try:
            server.sendall(first)
            with selectors.DefaultSelector() as waiting:
                waiting.register(client, selectors.EVENT_READ)
                waiting.register(server, selectors.EVENT_READ)
                while True:
                    for ready, _ in waiting.select():
                        if ready.fileobj is client:
                            asked = _read(client)
                            if asked[:1] == b"X":
                                return
                            server.sendall(asked)
                            continue
                        answer = _read(server)
                        client.sendall(answer)
                        if answer == _message(b"Z", b"I") and not self.is_in_session_mode:
                            return
        finally:
            with self._lock:
                self._free.append(server)
            self._came_back.release()

    def _new(self) -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.path)
        self._all.append(server)
        server.sendall(self.startup)
        while _read(server)[:1] != b"Z":
            pass
        return server

    def close(self) -> None:
        self.listener.close()
        for each in self._all:
            each.close()


@contextmanager
def pooler_of(dsn: str, **options: Any) -> Iterator[str]:
    """The address of the same database, through a pooler, in transaction mode unless the options say otherwise."""
    parts = conninfo_to_dict(dsn)
    pairs = b"".join(
        name.encode() + b"\0" + str(parts[key]).encode() + b"\0"
        for name, key in (("user", "user"), ("database", "dbname"))
    )
    content = struct.pack("!i", 196_608) + pairs + b"\0"
    pooler = Pooler(_socket_of(dsn), struct.pack("!i", len(content) + 4) + content, **options)
    threading.Thread(target=pooler.run, daemon=True).start()
    try:
        port = pooler.listener.getsockname()[1]
        yield make_conninfo(dsn, host="127.0.0.1", port=port, sslmode="disable", gssencmode="disable")
    finally:
        pooler.close()


def _server_of(dsn: str) -> str | tuple[str, int]:
    parts = conninfo_to_dict(dsn)
    host = str(parts["host"])
    return _socket_of(dsn) if host.startswith("/") else (host, int(str(parts.get("port") or 5432)))


def _socket_of(dsn: str) -> str:
    parts = conninfo_to_dict(dsn)
    return str(Path(str(parts["host"])) / f".s.PGSQL.{parts.get('port') or 5432}")


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!i", len(content) + 4) + content


def _read(source: socket.socket) -> bytes:
    head = _exactly(source, 5)
    (length,) = struct.unpack("!i", head[1:])
    return head + _exactly(source, length - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data
