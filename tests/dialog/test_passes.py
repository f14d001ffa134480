"""Passes without a time of one's own: offered beside the slots, alone when these are full, and told as what they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.dialog.turns import Move, Register
from bot.domain.drives import PASS_AFTER, Drive, Slot
from tests.dialog.stage import FIRST, MAI, MakeStage, Stage, booked
from tests.dialog.test_registration import BY_TEXT

PASS = 777


def filled_until_slot(chat: Stage) -> Stage:
    """The form filled until the time is asked for; a single drive is not asked for."""
    for they_say, _ in BY_TEXT[:9]:
        chat.say(they_say)
    return chat


def with_passes(drive: Drive, count: int, *, full: bool = False) -> Drive:
    slots = tuple(replace(slot, taken=slot.capacity) for slot in drive.slots) if full else drive.slots
    return replace(drive, slots=(*slots, Slot(PASS, drive.ends_at + PASS_AFTER, count, 0)))


def test_it_is_offered_beside_the_slots(stage: MakeStage) -> None:
    chat = filled_until_slot(stage(drives=(with_passes(FIRST, 5),)))
    assert chat.labels[0] == "07:30 (còn 10)"
    assert "Tự do (còn 5)" in chat.labels


@pytest.mark.parametrize("typed", ["lúc nào cũng được", "gio nao cung dc", "Tự do (còn 5)", "tu do"])
def test_it_is_taken_by_a_tap_or_in_words(stage: MakeStage, typed: str) -> None:
    chat = filled_until_slot(stage(drives=(with_passes(FIRST, 5),)))
    chat.say(typed)
    assert "trước 09:30" in chat.last.text


def test_when_every_slot_is_full_only_passes_are_left_and_that_is_said(stage: MakeStage) -> None:
    chat = stage(drives=(with_passes(FIRST, 5, full=True),))
    chat.press("m.drives")
    assert "còn 5 suất đến tự do" in chat.last.text
    chat = filled_until_slot(chat)
    assert chat.about[-1] == "registration.ask-pass"
    assert "có thể phải chờ" in chat.last.text
    assert chat.labels[0] == "Tự do (còn 5)"


def test_somebody_moves_from_a_slot_to_a_pass_and_back(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(slot=1),), drives=(with_passes(FIRST, 5),))
    chat.press("g.move.1")
    chat.tap("Tự do (còn 5)")
    (move,) = (effect for effect in chat.said.effects if isinstance(effect, Move))
    assert move.slot_id == PASS
    on_pass = replace(booked(slot=1), slot_id=PASS, slot_starts_at=FIRST.ends_at + PASS_AFTER)
    chat = stage(person=MAI, registrations=(on_pass,), drives=(with_passes(FIRST, 5),))
    chat.say("/lich")
    assert "trước 09:30, Thứ Bảy, 05/12/2026" in chat.last.text
    chat.press("g.move.1")
    assert "07:30 (còn 10)" in chat.labels
    assert not any(label.startswith("Tự do") for label in chat.labels)


def test_there_are_none_when_all_are_given_or_the_drive_is_over(stage: MakeStage) -> None:
    given = with_passes(FIRST, 5)
    passes = replace(given.slots[-1], taken=5)
    assert replace(given, slots=(*given.slots[:-1], passes)).open_pass(FIRST.starts_at) is None
    assert given.open_pass(FIRST.ends_at + timedelta(minutes=1)) is None
    assert all(not slot.is_pass for slot in given.open_slots(FIRST.starts_at - timedelta(days=1)))


def test_a_whole_registration_takes_a_pass(stage: MakeStage) -> None:
    chat = filled_until_slot(stage(drives=(with_passes(FIRST, 5, full=True),)))
    chat.tap("Tự do (còn 5)")
    chat.tap("Xác nhận")
    (claim,) = (effect for effect in chat.said.effects if isinstance(effect, Register))
    assert claim.slot_id == PASS
    assert "trước 09:30" in chat.said.messages[0].text
