"""One JSON line per event, with the request's id and without personal data.

The text of an exception is left out on a server: the database quotes the offending row in it.
"""

import logging.config
import traceback
from typing import Any

import structlog

SILENCED = {"axes": "CRITICAL", "evidently": "ERROR"}


def place_of_exception(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace the traceback by the exception's type and the places it passed."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    return event


def logging_configuration(*, level: str, readable: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"events": {"()": structlog.stdlib.ProcessorFormatter, **_formatter(readable)}},
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["stream"], "level": level.upper()},
        "loggers": {name: {"level": silenced} for name, silenced in SILENCED.items()},
    }


def configure(configuration: dict[str, Any]) -> None:
    logging.config.dictConfig(configuration)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _formatter(readable: bool) -> dict[str, Any]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    last = (
        [strip, structlog.dev.ConsoleRenderer()]
        if readable
        else [place_of_exception, strip, structlog.processors.JSONRenderer()]
    )
    return {"foreign_pre_chain": [*_shared(), structlog.stdlib.ExtraAdder()], "processors": last}


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
