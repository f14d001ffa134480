"""How one field of a load file becomes a value; a ValueError says what to write instead."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import yaml

from bot.domain.loads import Relative

Kind = Callable[[yaml.Node], Any]

RELATIVE = re.compile(r"in (-?\d{1,5}) days?(?: at (\d{1,2}):(\d{2}))?")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LARGEST = 10_000_000


def scalar(node: yaml.Node) -> str:
    """The words as they stand in the file: `007` stays `007`, whatever YAML would make of it."""
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError("write one value here, not a list or a mapping")
    words = unicodedata.normalize("NFC", str(node.value)).strip()
    if not words:
        raise ValueError("is empty: write a value, or leave the field out")
    return words


def text(node: yaml.Node) -> str:
    words = scalar(node)
    if len(words) > 300:
        raise ValueError("is longer than 300 characters")
    return words


def code(node: yaml.Node) -> str:
    words = scalar(node)
    if not CODE.fullmatch(words):
        raise ValueError("write a code of letters without accents, digits, dots and hyphens, such as ldld-laichau")
    return words


def variable(node: yaml.Node) -> str:
    words = scalar(node)
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", words):
        raise ValueError("write the name of an environment variable, such as OA_LAICHAU")
    return words


def count(node: yaml.Node) -> int:
    words = scalar(node)
    if not words.isdecimal() or not 0 < int(words) <= LARGEST:
        raise ValueError("write a whole number above 0")
    return int(words)


def count_or_none(node: yaml.Node) -> int:
    words = scalar(node)
    if not words.isdecimal() or int(words) > LARGEST:
        raise ValueError("write a whole number, 0 for none")
    return int(words)


def price(node: yaml.Node) -> int:
    words = scalar(node)
    if not words.isdecimal() or int(words) > LARGEST:
        raise ValueError("write a price in whole đồng")
    return int(words)


def prices(node: yaml.Node) -> dict[str, int]:
    """One price for every way, or one for each: `{uid: 160, phone: 200}`."""
    if not isinstance(node, yaml.MappingNode):
        return {"uid": price(node)}
    told = {scalar(key): price(value) for key, value in node.value}
    if not told or set(told) - {"uid", "phone"}:
        raise ValueError("write a price in whole đồng, or one for each way: {uid: 160, phone: 200}")
    return told


def yes_or_no(node: yaml.Node) -> bool:
    words = scalar(node).lower()
    if words not in ("true", "false", "yes", "no"):
        raise ValueError("write true or false")
    return words in ("true", "yes")


def one_of(*allowed: str) -> Kind:
    def convert(node: yaml.Node) -> str:
        words = scalar(node)
        if words not in allowed:
            raise ValueError(f"write one of {', '.join(allowed)}")
        return words

    return convert


def day(node: yaml.Node) -> date | Relative:
    words = scalar(node)
    relative = _relative(words)
    if relative is not None and relative.at is None:
        return relative
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise ValueError("write a day such as 2026-08-31") from None


def moment(node: yaml.Node) -> datetime | Relative:
    words = scalar(node)
    relative = _relative(words)
    if relative is not None and relative.at is not None:
        return relative
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("write a day and time with its time zone, such as 2026-12-05T07:30+07:00")
    return at


def words_of(*allowed: str) -> Kind:
    """A list of some of these words."""
    one = one_of(*allowed)

    def convert(node: yaml.Node) -> list[str]:
        if not isinstance(node, yaml.SequenceNode):
            raise ValueError(f"write a list of {', '.join(allowed)}")
        return [one(item) for item in node.value]

    return convert


def parameters(node: yaml.Node) -> list[str] | dict[str, str]:
    """What a template's places are filled with: in order, or by name."""
    if isinstance(node, yaml.SequenceNode):
        return [text(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {text(key): text(value) for key, value in node.value}
    raise ValueError("write a list of parameters, or a mapping of the template's names to ours")


def _relative(words: str) -> Relative | None:
    match = RELATIVE.fullmatch(words)
    if match is None:
        return None
    days, hours, minutes = match.groups()
    if abs(int(days)) > 3660:
        raise ValueError("write at most 3660 days")
    try:
        return Relative(int(days), None if hours is None else time(int(hours), int(minutes)))
    except ValueError:
        raise ValueError("write a time from 00:00 to 23:59") from None
