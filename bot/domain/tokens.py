"""Signed links and visitor tokens: who and until when, under HMAC; nothing personal inside."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

MAC_BYTES = 16
NO_END = 0


class BadToken(Exception):
    """Forged, damaged, made for something else, or expired; `expired` tells the last case apart."""

    def __init__(self, sentence: str, *, expired: bool = False) -> None:
        super().__init__(sentence)
        self.expired = expired


def sign(kind: str, subject: str, expires_at: datetime | None, key: str) -> str:
    """A URL-safe token `subject.expiry.mac`.

    Args:
        kind: what it opens (`form`, `chat`, `login`); a token of one kind opens nothing else.
        subject: an id of ours, of `A-Za-z0-9_-`; never anything personal.
        expires_at: aware moment, or None for a token without an end.
        key: SECRET_KEY.
    """
    until = NO_END if expires_at is None else int(expires_at.timestamp())
    return f"{subject}.{_base36(until)}.{_mac(kind, subject, until, key)}"


def verify(kind: str, token: str, now: datetime, key: str) -> str:
    """The subject of a token made by `sign` for this kind.

    Raises:
        BadToken: it is not ours, or its time is over.
    """
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii() or not parts[1].isalnum() or len(parts[1]) > 12:
        raise BadToken("this link is not complete")
    subject, until_text, mac = parts
    until = int(until_text, 36)
    if not hmac.compare_digest(mac, _mac(kind, subject, until, key)):
        raise BadToken("this link was not made here")
    if until != NO_END and now > datetime.fromtimestamp(until, UTC):
        raise BadToken("this link has expired", expired=True)
    return subject


def ends_at(token: str) -> datetime:
    """When a token that `verify` knows ends by itself; the end of time for one without an end."""
    until = int(token.split(".")[1], 36)
    return datetime.max.replace(tzinfo=UTC) if until == NO_END else datetime.fromtimestamp(until, UTC)


def _mac(kind: str, subject: str, until: int, key: str) -> str:
    digest = hmac.digest(key.encode(), f"{kind}\n{subject}\n{until}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:MAC_BYTES]).decode().rstrip("=")


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"
