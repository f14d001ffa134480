"""A place for a colleague: a ticket to hand over and no name, three at most, given back by whoever took it."""

from dataclasses import replace

import pytest

from bot.dialog.payloads import Colleague, parse
from bot.dialog.respond import respond
from bot.dialog.turns import Bring, Brought, BroughtPlace, CancelBrought, Refused, Register, SeeBrought, Turn
from bot.domain.drives import PASS_AFTER, Slot
from tests.dialog.stage import FIRST, MAI, MakeStage, booked

OTHER = "7K2MP4QX9D"


def test_it_takes_the_same_time_and_shows_a_ticket_to_hand_over(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(slot=1),))
    chat.say("/lich")
    assert chat.tap("Giữ chỗ đồng nghiệp") == ["colleague.kept"]
    (bring,) = chat.done
    assert isinstance(bring, Bring)
    assert (bring.drive_id, bring.slot_id) == (1, 101)
    assert f"{bring.ticket[:5]}-{bring.ticket[5:]}" in chat.last.text
    assert "08:00" in chat.last.text
    assert chat.last.ticket is not None


@pytest.mark.parametrize(
    "typed",
    ["giu cho giup dong nghiep", "đăng ký giúp đồng nghiệp em với", "ban cung to khong co dien thoai thi sao",
     "em muon giu them cho cho dong nghiep"],
)  # fmt: skip
def test_it_is_asked_for_as_people_say_it(stage: MakeStage, typed: str) -> None:
    chat = stage(person=MAI, registrations=(booked(slot=1),))
    assert chat.say(typed) == ["colleague.kept"]
    assert stage().say(typed) == ["colleague.first-you"]


def test_a_full_time_leads_to_the_next_and_then_to_a_pass(stage: MakeStage) -> None:
    full = tuple(replace(slot, taken=slot.capacity) if slot.id == 101 else slot for slot in FIRST.slots)
    chat = stage(person=MAI, registrations=(booked(slot=1),), drives=(replace(FIRST, slots=full),))
    chat.press("q.add.1")
    assert [one.slot_id for one in chat.done if isinstance(one, Bring)] == [100]
    none = tuple(replace(slot, taken=slot.capacity) for slot in FIRST.slots)
    passes = Slot(777, FIRST.ends_at + PASS_AFTER, 5, 0)
    chat = stage(person=MAI, registrations=(booked(slot=1),), drives=(replace(FIRST, slots=(*none, passes)),))
    chat.press("q.add.1")
    assert [one.slot_id for one in chat.done if isinstance(one, Bring)] == [777]
    chat = stage(person=MAI, registrations=(booked(slot=1),), drives=(replace(FIRST, slots=none),))
    assert chat.press("q.add.1") == ["colleague.full"]


def test_whoever_has_no_place_there_takes_none_for_others(stage: MakeStage) -> None:
    assert stage().press("q.add.1") == ["colleague.first-you"]
    assert stage(person=MAI).press("q.add.1") == ["colleague.first-you"]


def test_enough_is_said_and_the_last_place_that_went_leads_to_another(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(slot=1),))
    claim = Bring(1, 101, OTHER)
    turn: Turn = respond(chat.talk(), Refused(claim, "enough"))
    assert "nhiều nhất ba chỗ" in turn.messages[-1].text
    gone = replace(chat.talk(), catalogue=replace(chat.catalogue, drives=(FIRST.with_slot_full(101),)))
    again = respond(gone, Refused(claim))
    assert [one.slot_id for one in again.effects if isinstance(one, Bring)] == [100]


def test_it_lists_what_is_kept_and_gives_it_back(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(slot=1),))
    chat.press("q.list")
    assert chat.done == [SeeBrought()]
    place = BroughtPlace(1, FIRST.slots[1].starts_at, OTHER)
    turn = respond(chat.talk(), Brought((place,)))
    assert "7K2MP-4QX9D" in turn.messages[0].text
    assert turn.messages[0].choices[0].payload == f"q.off.{OTHER}"
    assert "chưa giữ chỗ nào" in respond(chat.talk(), Brought(())).messages[0].text
    assert chat.press(f"q.off.{OTHER}") == ["colleague.cancelled"]
    assert chat.done == [CancelBrought(OTHER)]


def test_an_own_registration_is_never_taken_for_it(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(slot=1),))
    chat.press("q.add.1")
    assert not any(isinstance(one, Register) for one in chat.done)


@pytest.mark.parametrize("payload", ["q.add", "q.add.x", "q.off", "q.off.7k2mp4qx9d", "q.off.123", "q.list.1", "q.x"])
def test_what_we_never_wrote_means_nothing(payload: str) -> None:
    assert parse(payload) is None


def test_payloads_come_back_as_they_were() -> None:
    for one in (Colleague("add", 12), Colleague("list"), Colleague("off", ticket=OTHER)):
        assert parse(str(one)) == one
