"""JSON logs on stderr with correlation ids, and a net that keeps personal data out of them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Keys whose values are personal whatever they hold, and phone-like or identity-like digit runs in any text.
PERSONAL_KEYS = frozenset({"name", "phone", "email", "address", "contact", "token", "text", "citizen_id"})
_PHONE = re.compile(r"(?<![\w.-])(?:\+?84|0)(?:[ .]?\d){9,10}(?![\w-])")
_CITIZEN_ID = re.compile(r"(?<![\w.-])\d{12}(?![\w-])")
HIDDEN = "[hidden]"


def redact(value: Any) -> Any:  # noqa: ANN401 - log values are anything
    """Replace phone numbers and citizen ids in text, and personal keys in mappings, however deep."""
    if isinstance(value, str):
        return _CITIZEN_ID.sub(HIDDEN, _PHONE.sub(HIDDEN, value))
    if isinstance(value, dict):
        return {k: HIDDEN if k in PERSONAL_KEYS else redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def _redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    for key, value in list(event.items()):
        event[key] = HIDDEN if key in PERSONAL_KEYS else redact(value)
    return event


class Calm(logging.Filter):
    """Lets a library say the same thing once in ten seconds: a broker that is down is told of hundreds of times a second."""

    EVERY_SECONDS = 10.0

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written; the first one after a silence says how many were left out."""
        if not record.name.startswith(CHATTY):
            return True
        key = (record.name, str(record.msg))
        since, left_out = self._said.get(key, (-self.EVERY_SECONDS, 0))
        if record.created - since < self.EVERY_SECONDS:
            self._said[key] = (since, left_out + 1)
            return False
        self._said[key] = (record.created, 0)
        if left_out:
            record.msg = f"{record.msg} (and {left_out} times more before this)"
        return True


CHATTY = ("aiokafka", "httpx", "httpcore", "pymongo", "uvicorn.access", "faststream")
Logger = structlog.stdlib.BoundLogger


def configure_logs(level: str, *, stream: Any = None) -> None:  # noqa: ANN401 - any text stream
    """Send structlog and the standard library's loggers through one JSON line format."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    handler.addFilter(Calm())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get_log(service: str) -> Logger:
    """The logger of a service; it is passed along, never looked up."""
    log: Logger = structlog.get_logger(service).bind(service=service)
    return log
