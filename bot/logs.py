"""Logging: a sentence plus ids, as text or as JSON lines. Never names, phones, words of people, tokens."""

import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

import orjson

PLAIN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}
"""What every record carries; anything else on it is an id that somebody added with `extra`."""

TALKATIVE = ("aiohttp.access", "apscheduler", "httpx", "httpcore", "telegram", "alembic", "sqlalchemy", "asyncio")
"""Libraries whose ordinary lines hold addresses (and tokens in them), or say nothing to an operator."""


OURS = ("bot", "scheduler")


def set_up_logging(level: str, form: str) -> None:
    """Send everything to standard error.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        form: `text` or `json`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class Lines(logging.Formatter):
    """`2026-11-22T03:00:00Z INFO bot.intake replayed 3 calls account=12`."""

    def format(self, record: logging.LogRecord) -> str:
        ids = "".join(f" {name}={value}" for name, value in _ids(record).items())
        line = f"{_when(record)} {record.levelname} {record.name} {_said(record)}{ids}"
        return f"{line} [{_trail(record)}]" if record.exc_info else line


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": _when(record), "level": record.levelname, "where": record.name, "message": _said(record)}
        if record.exc_info:
            line["error"] = _trail(record)
        return orjson.dumps({**line, **_ids(record)}, default=str).decode()


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _said(record: logging.LogRecord) -> str:
    """Our own sentences as they are. A library's sentence about an error can quote what it was given (asyncio shows the
    exception and the arguments, aiohttp the caller's address), so of those only the trail is told."""
    message = record.getMessage()
    if record.name.split(".")[0] in OURS:
        return message
    return "an error in a library" if record.exc_info else (message.splitlines() or [""])[0]


def _ids(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in PLAIN}


def _trail(record: logging.LogRecord) -> str:
    """Where it went wrong and the kinds of the errors. Not their messages: those can quote a row or an answer."""
    error = record.exc_info[1] if record.exc_info else None
    parts: list[str] = []
    while error is not None and len(parts) < 4:
        parts.append(f"{type(error).__name__} at {_place(error.__traceback__)}")
        error = error.__cause__ or error.__context__
    return " from ".join(parts)


def _place(trace: TracebackType | None) -> str:
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{'/'.join(code.co_filename.rsplit('/', 2)[-2:])}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-4:]) or "?"
