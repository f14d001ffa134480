"""The conversation that the benchmarks walk through: one registration, typed as people type it, on each wire."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

BOT_ID = "7000000001"
BOT_SECRET = "bench-webhook-secret"  # noqa: S105  (a secret of the benchmark's own loopback server)
PAGE_ID = "109900000000001"
APP_SECRET = "bench-app-secret"  # noqa: S105
ZALO_APP = "1000000000000000001"
OA_ID = "4000000000000000001"
OA_SECRET = "bench-oa-secret"  # noqa: S105

NAMES = ("Nguyễn Thị Mẫu", "Lò Văn Thử", "Giàng A Mẫu", "Tẩn Thị Thử", "Phạm Mẫu Văn")
"""Invented people."""


def steps(person: int) -> tuple[str, ...]:
    """What one person types, in order, from the first hello to the confirmed place."""
    return (
        "/start",
        "đăng ký",
        "đồng ý",
        "có" if person % 2 else "khong",
        NAMES[person % len(NAMES)],
        f"{person % 28 + 1}/{person % 12 + 1}/{1975 + person % 25}",
        f"09{person % 100_000_000:08d}",
        f"mau so {person % 40}",
        "1",
        "không",
        "1",
        str(person % 3 + 1),
        "xác nhận",
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One webhook call, ready for the wire."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def telegram(person: int, number: int, text: str, at: int) -> Call:
    user = {"id": 520000000 + person, "is_bot": False, "first_name": "Người", "language_code": "vi"}
    message = {
        "message_id": number + 1,
        "from": user,
        "chat": {"id": 520000000 + person, "first_name": "Người", "type": "private"},
        "date": at,
        "text": text,
    }
    body = orjson.dumps({"update_id": person * 100 + number, "message": message})
    return Call(f"/webhooks/telegram/{BOT_ID}", (("X-Telegram-Bot-Api-Secret-Token", BOT_SECRET),), body)


def messenger(person: int, number: int, text: str, at: int) -> Call:
    item = {
        "sender": {"id": str(7300000000000000 + person)},
        "recipient": {"id": PAGE_ID},
        "timestamp": at * 1000,
        "message": {"mid": f"m_{person}-{number}", "text": text},
    }
    entry = {"id": PAGE_ID, "time": at * 1000, "messaging": [item]}
    # Meta signs and sends the form in which everything beyond ASCII is escaped.
    raw = orjson.dumps({"object": "page", "entry": [entry]}).decode()
    body = "".join(char if char.isascii() else f"\\u{ord(char):04x}" for char in raw).encode()
    mac = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Call("/webhooks/messenger", (("X-Hub-Signature-256", f"sha256={mac}"),), body)


def zalo(person: int, number: int, text: str, at: int) -> Call:
    stamp = str(at * 1000)
    body = orjson.dumps(
        {
            "app_id": ZALO_APP,
            "sender": {"id": str(2000000000000000000 + person)},
            "recipient": {"id": OA_ID},
            "event_name": "user_send_text",
            "message": {"text": text, "msg_id": f"z{person}-{number}"},
            "timestamp": stamp,
        }
    )
    mac = hashlib.sha256(ZALO_APP.encode() + body + stamp.encode() + OA_SECRET.encode()).hexdigest()
    return Call("/webhooks/zalo", (("X-ZEvent-Signature", f"mac={mac}"),), body)


WIRES: dict[str, tuple[Callable[[int, int, str, int], Call], ...]] = {
    "telegram": (telegram,),
    "messenger": (messenger,),
    "zalo": (zalo,),
    "mixed": (telegram, messenger, zalo),
}


def calls_of(person: int, channel: str, at: int) -> Iterator[Call]:
    """The calls of one person; on `mixed` the person's number picks the platform."""
    wires = WIRES[channel]
    wire = wires[person % len(wires)]
    for number, text in enumerate(steps(person)):
        yield wire(person, number, text, at + number)
