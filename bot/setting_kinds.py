"""How the text of one setting becomes a value; a ValueError means that it is not right."""

import base64
import binascii
import ipaddress
import re
from datetime import time


def port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError(text)
    return number


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def base_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s?#]+/?", text):
        raise ValueError(text)
    return text.rstrip("/")


def public_url(text: str) -> str:
    return base_url(text) if text else ""


def graph_version(text: str) -> str:
    if not re.fullmatch(r"v\d+\.\d+", text):
        raise ValueError(text)
    return text


def database_url(text: str) -> str:
    """A file or a server: an SQLite in memory would be another one for each thread."""
    if not re.match(r"(sqlite:///.+|postgres(ql)?(\+psycopg)?://.+)", text) or ":memory:" in text:
        raise ValueError(text)
    return text


def secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError(text)
    return text


def encryption_keys(text: str) -> tuple[bytes, ...]:
    keys = []
    for part in (part.strip() for part in text.split(",") if part.strip()):
        try:
            key = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise ValueError(part) from error
        if len(key) != 32:
            raise ValueError(part)
        keys.append(key)
    if not keys:
        raise ValueError(text)
    return tuple(keys)


def quiet_hours(text: str) -> tuple[time, time]:
    begin, end = text.split("-")
    return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())


def networks(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        ipaddress.ip_network(part, strict=False)
    return parts
