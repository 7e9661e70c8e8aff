"""The services outside: timestamps (RFC 3161 over HTTP) and mail (SMTP), each of which can be down."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import tsp

from app.core.authority import Authority
from app.core.gateways.timestamp import OWN, timestamper
from launcher.ports import free_port


class Outside:
    """A server on one port of the loopback, in a thread; down until started."""

    kind: type[socketserver.TCPServer]
    handler: type[socketserver.BaseRequestHandler]

    def __init__(self) -> None:
        self.port = free_port()
        self._server: Any = None

    def start(self) -> None:
        """Be up."""
        self._server = self.kind(("127.0.0.1", self.port), self.handler)
        self._server.outside = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be down: connections are refused."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be down as long as the block lasts."""
        self.stop()
        try:
            yield
        finally:
            self.start()


class _Stamp(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        outside = self.server.outside  # type: ignore[attr-defined]
        request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
        answer = timestamper(OWN, outside.authority).request_tsa_response(request).dump()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class TimestampServer(Outside):
    """Stamps with the authority that it is given."""

    kind, handler = ThreadingHTTPServer, _Stamp
    authority: Authority

    @property
    def url(self) -> str:
        """The TIMESTAMP_URL that leads here."""
        return f"http://127.0.0.1:{self.port}/"


class _Receive(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 loopback")
        for line in self.rfile:
            verb = line.split()[0].upper()
            if verb == b"DATA":
                self._say("354 go on")
                self.server.outside.received.append(self._message())  # type: ignore[attr-defined]
            self._say("221 bye" if verb == b"QUIT" else "250 ok")

    def _message(self) -> str:
        return b"".join(iter(self.rfile.readline, b".\r\n")).decode()

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class MailServer(Outside):
    """Keeps the text of what it receives."""

    kind, handler = _Threads, _Receive

    def __init__(self) -> None:
        super().__init__()
        self.received: list[str] = []

    @property
    def url(self) -> str:
        """The MAIL_URL that leads here."""
        return f"smtp://127.0.0.1:{self.port}"
