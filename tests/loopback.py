"""HTTP servers on this machine's loopback, for whole programs: the twin of these tests, and worse ones."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

__all__ = ["Answering", "nobody", "serving"]

Answering = Callable[[httpx.Request], httpx.Response]


@contextmanager
def serving(answer: Answering, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answer requests on a free port; gives the address `http://127.0.0.1:PORT` (https with `tls`), without a path."""
    scheme = "https" if tls else "http"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is two writes, and the second would wait for 40 ms

        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            whole = self.path.startswith("http")  # as a proxy is asked
            address = self.path if whole else f"{scheme}://{self.headers['Host']}{self.path}"
            request = httpx.Request(self.command, address, headers=dict(self.headers), content=self.rfile.read(size))
            response = answer(request)
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815  (the names are http.server's)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def nobody() -> str:
    """Give an address where nobody answers."""
    with serving(lambda _: httpx.Response(200)) as url:
        return url
