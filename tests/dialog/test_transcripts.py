"""Talks as workers write them, told as tables: what they say → the ids of our answers, on every channel's limits.

One file per subject, one talk per name: `new` (never greeted), `booked` (holds a place at 07:30), `after` (a
reminder, one of `stage.REMINDERS`, is the last thing said), `talk`. A line of a talk is
what they say (or tap: ">" and how the label begins) and the ids we answer with; "a or b": either is a good answer; "+Register":
an effect. A last mapping names words that must (`has`) or must not (`not`) stand in the answer, and channels without this line
(`skip`).
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.fit import fit, offered, trouble
from bot.domain.messages import Message
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind
from bot.intake.rows import HINT
from bot.library.library import Library
from tests.dialog.stage import MAI, MakeStage, Stage, after_reminder, booked
from tests.facts import LIMITS

TALKS = sorted((Path(__file__).parent / "transcripts").glob("*.yaml"))
FEWEST = 40

ONE_CHANNEL_MORE = ("registration.page-first",)
"""Said on Zalo only, where thirteen questions are thirteen calls."""

ONE_CHANNEL_LESS = {"consent.news": ChannelKind.WEB}
"""Never asked on the web, where nothing can be sent later."""


def told() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in TALKS:
        talks: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, talk in talks.items():
            yield f"{path.stem}: {name}", talk


def test_it_has_talks_enough() -> None:
    assert len(dict(told())) >= FEWEST


@pytest.mark.parametrize("channel", LIMITS)
@pytest.mark.parametrize("talk", [pytest.param(talk, id=name) for name, talk in told()])
def test_it_answers_as_told(stage: MakeStage, library: Library, talk: dict[str, Any], channel: ChannelKind) -> None:
    known: dict[str, Any] = {"registrations": (booked(),), "person": MAI} if talk.get("booked") else {}
    known |= after_reminder(talk["after"]) if "after" in talk else {}
    chat = stage(channel=channel, new=talk.get("new", False), **known)
    if talk.get("new"):
        assert chat.start() == ["greeting.hello"]
    for line in talk["talk"]:
        words = line[-1] if isinstance(line[-1], dict) else {}
        they, *expected = line[: len(line) - bool(words)]
        if channel in words.get("skip", []):
            continue
        chat.play(they)
        answered = [*chat.about, *(f"+{type(effect).__name__}" for effect in chat.done)]
        answered = [one for one in answered if one not in ONE_CHANNEL_MORE]
        expected = [one for one in expected if one not in ONE_CHANNEL_LESS or channel is not ONE_CHANNEL_LESS[one]]
        assert _agree(expected, answered), f"{they!r} → {answered}, not {expected}"
        _holds_words(chat, they, words)
        _fits(chat.said.messages, LIMITS[channel], library.text(HINT, "vi", {}))


def _agree(expected: list[str], answered: list[str]) -> bool:
    return len(expected) == len(answered) and all(
        one in wanted.split(" or ") for wanted, one in zip(expected, answered, strict=True)
    )


def _holds_words(chat: Stage, they: str, words: Mapping[str, list[str]]) -> None:
    text = "\n".join(message.text for message in chat.said.messages)
    assert [word for word in words.get("has", []) if word not in text] == [], f"missing after {they!r}: {text}"
    assert [word for word in words.get("not", []) if word in text] == [], f"unwanted after {they!r}: {text}"


def _fits(messages: tuple[Message, ...], limits: Limits, hint: str) -> None:
    """Every part is a legal call, and every choice can be tapped or is written out to be answered by its number."""
    parts = fit(messages, limits, hint)
    assert [found for part in parts if (found := trouble(part, limits))] == []
    shown = "\n".join(part.text for part in parts)
    taps = {choice.payload for choice in chain.from_iterable(part.choices for part in parts)}
    lost = [c.label for c in offered(messages) if c.payload not in taps and c.label not in shown]
    assert lost == []
