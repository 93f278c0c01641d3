"""The twin on this machine's loopback: HTTP by the standard library."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import sleep
from typing import TYPE_CHECKING, Any

from fhir_adapter.twin.message import Reply, Request, dump

if TYPE_CHECKING:
    from fhir_adapter.twin.server import Server

__all__ = ["HOST", "Listener"]

HOST = "127.0.0.1"  # never more than this machine: it asks nobody for a login
_BASE = "/fhir"
_OWN = "/_twin/"
# Closing with this set sends a reset, as a server that falls over does.
_ABRUPT = struct.pack("ii", 1, 0)


class Listener:
    """Serves a server's answers until it is closed. `port` 0 takes a free one."""

    def __init__(self, server: Server, port: int = 0) -> None:
        self._open = _Sockets((HOST, port), server)
        self._thread = Thread(target=self._open.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Give the base address, without a last slash."""
        return f"http://{HOST}:{self._open.server_address[1]}{_BASE}"

    def close(self) -> None:
        """Stop, and close what clients keep open."""
        self._open.shutdown()
        self._open.server_close()
        self._open.hang_up()
        self._thread.join()


class _Sockets(ThreadingHTTPServer):
    """Remembers its connections, so that none outlives it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], twin: Server) -> None:
        self.twin = twin
        self._held: set[socket.socket] = set()
        self._guard = Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._held.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._held.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients may go at any time."""

    def hang_up(self) -> None:
        with self._guard:
            held = list(self._held)
        for each in held:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # gone already


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    server: _Sockets
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one answer, one packet where it fits

    def _do(self) -> None:
        path, _, query = self.path.partition("?")
        body = self._body()
        if body is None:
            return
        if path.startswith(_OWN):
            self._send(_shown(self.server.twin, path.removeprefix(_OWN)))
        elif path == _BASE or path.startswith(f"{_BASE}/"):
            self._send(self.server.twin.answer(self._request(path.removeprefix(_BASE).strip("/"), query, body)))
        else:
            self._send(Reply(status=404, body=f"nothing here; the base is {_BASE}".encode()))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _do  # noqa: N815  (the names are http.server's)

    def _body(self) -> bytes | None:
        """Read the body; None where it isn't whole: a client that died has asked for nothing."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if len(body) < size:
            self.close_connection = True
            return None
        return body

    def _chunks(self) -> bytes | None:
        whole = bytearray()
        while True:
            line = self.rfile.readline(1_000)
            try:
                size = int(line.partition(b";")[0], 16)
            except ValueError:
                self.close_connection = True
                return None
            chunk = self.rfile.read(size + 2)
            if len(chunk) < size + 2:
                self.close_connection = True
                return None
            if not size:
                return bytes(whole)
            whole += chunk[:-2]

    def _request(self, path: str, query: str, body: bytes) -> Request:
        return Request(
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            base=f"http://{self.headers.get('Host') or HOST}{_BASE}",
        )

    def _send(self, reply: Reply) -> None:
        if reply.delay:
            sleep(reply.delay)
        if reply.lost:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPT)
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 304 and reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def _shown(server: Server, what: str) -> Reply:
    """Answer what a rehearsal asks of the twin itself."""
    makers: dict[str, Callable[[], bytes]] = {"counts": lambda: dump(server.counts()), "state": server.dump}
    if what not in makers:
        return Reply(status=404, body=f"the twin shows {', '.join(makers)}".encode())
    return Reply(body=makers[what](), headers={"Content-Type": "application/json"})
