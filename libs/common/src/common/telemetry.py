"""What ops can see of a service: one line per batch and per exceptional thing, spans of sampled traces, metrics; never personal data."""

import logging
import os
import re
import secrets
import socket
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
LOG_KEYS = frozenset(
    """
    event level timestamp service version environment address topic partition offset group lane batch records handled repeated parked queued
    quarantined seconds attempt attempts error at reason status method route trace correlation causation case aggregate collection partner
    replica store kafka region port count path revision
    """.split()  # noqa: SIM905 - reads as the list it is
)
"""What a log line may hold; any other key is dropped and its name counted in `dropped`."""
SPAN_KEYS = frozenset(
    """
    messaging.system messaging.destination.name messaging.operation.name messaging.consumer.group.name messaging.kafka.offset
    messaging.destination.partition.id messaging.batch.message_count http.request.method http.route http.response.status_code
    loket.step error.type
    """.split()  # noqa: SIM905
)
UNSAMPLED = "-00"
traceparent_of_request: ContextVar[str] = ContextVar("traceparent_of_request", default="")


def logger(service: str, level: str) -> Any:
    """A structlog logger that writes JSON lines to standard output."""
    return structlog.wrap_logger(
        structlog.PrintLoggerFactory()(),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exception_class,
            _allowed,
            structlog.processors.JSONRenderer(serializer=lambda line, **_: orjson.dumps(line, default=str).decode()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
    ).bind(service=service, version=version("loket-common"), replica=f"{socket.gethostname()}/{os.getpid()}")


def _exception_class(_logger: Any, _name: str, line: Any) -> Any:
    error = line.get("error")
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        if error.__traceback__ is not None:
            *_, raised = traceback.extract_tb(error.__traceback__, limit=-1)
            line["at"] = f"{Path(raised.filename).name}:{raised.lineno}"
    return line


def _allowed(_logger: Any, _name: str, line: Any) -> Any:
    dropped = sorted(set(line) - LOG_KEYS)
    kept = {key: value for key, value in line.items() if key in LOG_KEYS}
    if dropped:
        kept["dropped"] = dropped
    return kept


class LibraryLines(logging.Handler):
    """Lets the libraries' own warnings leave as our lines: where and in which words, without values but for the safe kinds."""

    def __init__(self, log: Any) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One line; an exception is named by its class alone."""
        error = record.exc_info[1] if record.exc_info else None
        more = {} if error is None else {"error": error}
        self._log.warning("library", path=f"{record.name}:{record.lineno}", reason=_shown(record)[:200], **more)


ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,100}:\d{1,5}")


def _shown(record: logging.LogRecord) -> str:
    """The words of a line with its numbers, error classes and, of Kafka's client, addresses of brokers; all else stays out."""
    if not isinstance(record.args, tuple):
        return str(record.msg)
    kafka = record.name.startswith("aiokafka")
    values = iter([_safe(value, kafka=kafka) for value in record.args])
    return re.sub(r"%[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]", lambda place: next(values, "") or place[0], str(record.msg))


def _safe(value: object, *, kafka: bool) -> str | None:
    match value:
        case bool() | int() | float():
            return str(value)
        case BaseException():
            return type(value).__name__
        case type():
            return value.__name__
        case str() if kafka and ADDRESS.fullmatch(value):
            return value
        case _:
            return None


class Tracing:
    """Spans of sampled traces, in the W3C `traceparent` form everywhere; an unsampled parent costs nothing and is passed on."""

    def __init__(self, service: str, ratio: float, exporter: SpanExporter | None, *, synchronous: bool = False) -> None:
        self._threshold = int(ratio * 2**64)
        self._provider: TracerProvider | None = None
        if exporter is not None:
            self._provider = TracerProvider(resource=Resource.create({"service.name": service}))
            self._provider.add_span_processor(_processor(exporter, synchronous))
            self._tracer = self._provider.get_tracer("loket")

    def span(
        self,
        name: str,
        parent: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str | int] | None = None,
        linked: str = "",
    ) -> AbstractContextManager[str]:
        """Open a span under `parent` (a traceparent; empty starts a trace) and give its own traceparent."""
        root = not parent
        parent = parent or self._root()
        if self._provider is None or parent.endswith(UNSAMPLED):
            return nullcontext(parent)
        return self._started(name, None if root else _context(parent), kind, attributes or {}, linked)

    @contextmanager
    def _started(self, name: str, context: Any, kind: SpanKind, attributes: Mapping[str, str | int], linked: str) -> "Iterator[str]":
        links = [Link(found)] if linked and (found := _span_context(linked)) else None
        span = self._tracer.start_span(name, context, kind, {key: value for key, value in attributes.items() if key in SPAN_KEYS}, links)
        own = span.get_span_context()
        try:
            yield f"00-{own.trace_id:032x}-{own.span_id:016x}-01"
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            raise
        finally:
            span.end()

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()

    def _root(self) -> str:
        sampled = secrets.randbits(64) < self._threshold
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{'01' if sampled else '00'}"


def _processor(exporter: SpanExporter, synchronous: bool) -> Any:
    if synchronous:
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415 - tests only

        return SimpleSpanProcessor(exporter)
    return BatchSpanProcessor(exporter)


def _context(traceparent: str) -> Any:
    found = _span_context(traceparent)
    return trace.set_span_in_context(NonRecordingSpan(found)) if found else None


def _span_context(traceparent: str) -> SpanContext | None:
    parts = traceparent.split("-")
    try:
        return SpanContext(int(parts[1], 16), int(parts[2], 16), is_remote=True, trace_flags=TraceFlags(int(parts[3], 16)))
    except (IndexError, ValueError):
        return None


def exporter(endpoint: str | None) -> Any:
    """Where spans go (OTLP over HTTP), or None where nothing leaves."""
    if not endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - 20 MB that most runs do not need

    return OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces")
