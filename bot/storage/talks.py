"""The state of a talk as it is kept in `addresses.talk_sealed`. Who owns the talk stands in plain columns beside it."""

from datetime import UTC, datetime
from itertools import starmap
from typing import Any

from bot.domain.changing import replace
from bot.domain.conversations import Conversation, FormState
from bot.domain.messages import Choice
from bot.storage.sealing import KeyRing, LostKey

LABEL = "addresses.talk"
FRESH = Conversation()


def load_talk(sealed: bytes | None, ring: KeyRing) -> Conversation:
    """The conversation under a sealed state; a fresh one for None. `handoff` is not in it."""
    if sealed is None:
        return FRESH
    body = ring.open_json(sealed, LABEL)
    return Conversation(
        language=body["l"],
        greeted=body["g"],
        form=_load_form(body["f"]) if "f" in body else None,
        serial=body["n"],
        offered=tuple(starmap(Choice, body.get("o", ()))),
        ref=body.get("r", ""),
        asked=tuple(body.get("a", ())),
    )


def dump_talk(talk: Conversation, ring: KeyRing) -> bytes:
    """Seal a conversation, without its `handoff`."""
    body: dict[str, Any] = {"l": talk.language, "g": talk.greeted, "n": talk.serial}
    if talk.form:
        body["f"] = _dump_form(talk.form)
    if talk.offered:
        body["o"] = [(choice.label, choice.payload) for choice in talk.offered]
    if talk.ref:
        body["r"] = talk.ref
    if talk.asked:
        body["a"] = talk.asked
    return ring.seal_json(body, LABEL)


def begun_anew(sealed: bytes | None, ring: KeyRing) -> bytes | None:
    """The language and that we have met stay; answers and menus go."""
    try:
        return dump_talk(replace(load_talk(sealed, ring), form=None, offered=(), ref=""), ring)
    except LostKey:
        return None


def _load_form(body: list[Any]) -> FormState:
    name, serial, step, answers, misses, returning, touched, *linked = body
    at = None if touched is None else datetime.fromtimestamp(touched, UTC)
    return FormState(name, serial, step, answers, misses, returning, at, bool(linked))


def _dump_form(form: FormState) -> list[Any]:
    touched = form.touched_at.timestamp() if form.touched_at else None
    body = [form.name, form.serial, form.step, form.answers, form.misses, form.returning, touched]
    return [*body, 1] if form.linked else body
