"""A collector of traces that counts the spans it is sent (OTLP over HTTP) and keeps none: `collector.py <port> <file>`."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from zlib import MAX_WBITS, decompress

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

FILE, LOCK = Path(sys.argv[2]), Lock()
count = 0


def note(more: int) -> None:
    """Write the number down, whole or not at all."""
    global count
    with LOCK:
        count += more
        draft = FILE.with_suffix(".draft")
        draft.write_text(str(count))
        draft.replace(FILE)


class Handler(BaseHTTPRequestHandler):
    """Takes everything."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = decompress(body, MAX_WBITS | 16)
        asked = ExportTraceServiceRequest.FromString(body)
        note(sum(len(scope.spans) for resource in asked.resource_spans for scope in resource.scope_spans))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing: the log is for faults."""


note(0)
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
