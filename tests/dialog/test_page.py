"""The form on one page: the same validators and the same effects."""

from dataclasses import replace
from datetime import date

import pytest

from bot.dialog.registration_page import ABOUT_PERSON, FIELDS, check_page
from bot.dialog.turns import Register
from bot.domain.consents import Purpose
from tests.dialog.stage import FIRST, LINK, MAI, MakeStage, booked

GOOD = {
    "consent": "on",
    "consent_reminder": "",
    "name": "lò thị mai",
    "birth_date": "1990-11-20",
    "phone": "0912 345 678",
    "unit": "3",
    "dangerous_work": "no",
    "slot": "101",
}


def test_it_registers_from_the_page(stage: MakeStage) -> None:
    chat = stage()
    assert chat.fill(GOOD) == ["registration.confirmed", "consent.news"]
    (claim,) = chat.done
    assert isinstance(claim, Register)
    assert (claim.drive_id, claim.slot_id, claim.person.name, claim.person.unit_id) == (1, 101, "Lò Thị Mai", 3)
    assert [consent.purpose for consent in claim.consents] == [Purpose.REGISTRATION]


def test_it_does_the_same_as_the_chat(stage: MakeStage) -> None:
    page, chat = stage(), stage()
    page.fill({**GOOD, "consent_reminder": "yes"})
    chat.play(
        "/dangky", ">Đồng ý", ">Nhắc tôi", "Lò Thị Mai", "20/11/1990", "0912345678", "than uyen", ">Chè Than Uyên"
    )
    chat.play(">Không làm", ">T7 05/12", ">08:00", ">Xác nhận")
    assert page.done == chat.done
    assert page.last == chat.last


def test_it_is_done_with_the_form_of_the_chat(stage: MakeStage) -> None:
    chat = stage()
    chat.play("/dangky", ">Đồng ý")
    chat.fill(GOOD)
    assert chat.form is None


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        pytest.param("consent", "", "registration.consent.missing", id="no tick is no consent"),
        pytest.param("consent", "no", "registration.consent.missing", id="no is no"),
        pytest.param("name", "", "registration.name.too-short", id="no name"),
        pytest.param("birth_date", "1990", "registration.birth-date.day-missing", id="half a date"),
        pytest.param("birth_date", "2012-01-01", "registration.birth-date.under-age", id="too young"),
        pytest.param("birth_date", "1950-01-01", "registration.birth-date.over-age", id="too old"),
        pytest.param("phone", "123456", "registration.phone.too-short", id="half a phone"),
        pytest.param("unit", "", "registration.unit.missing", id="no unit"),
        pytest.param("unit", "999", "registration.unit.none-found", id="a unit that is not there"),
        pytest.param("unit", "công ty chè", "registration.unit.several", id="two units"),
        pytest.param("dangerous_work", "", "registration.dangerous-work.unclear", id="nothing is preset"),
        pytest.param("slot", "", "registration.slot.unclear", id="no slot"),
        pytest.param("slot", "100", "registration.slot-gone", id="a full slot"),
        pytest.param("slot", "9" * 30, "registration.slot.unclear", id="no such slot"),
    ],
)
def test_it_names_what_is_wrong_by_field(stage: MakeStage, field: str, typed: str, reason: str) -> None:
    chat = stage(drives=(FIRST.with_slot_full(100),))
    result = check_page(chat.talk(), {**GOOD, field: typed})
    assert {name: fault.reason for name, fault in result.faults.items()} == {field: reason}
    assert chat.talk().catalogue.words.text(reason, "vi", result.faults[field].values)


@pytest.mark.parametrize(("typed", "unit_id"), [("none", None), ("2", 2), ("than uyen", 3)])
def test_it_takes_a_unit_by_id_by_words_or_none(stage: MakeStage, typed: str, unit_id: int | None) -> None:
    result = check_page(stage().talk(), {**GOOD, "unit": typed})
    assert (result.faults, result.values["unit_id"]) == ({}, unit_id)


def test_it_names_every_fault_of_an_empty_page_in_order(stage: MakeStage) -> None:
    faults = check_page(stage().talk(), {}).faults
    assert list(faults) == [name for name in FIELDS if name not in ("consent_reminder", "reuse")]


def test_it_takes_what_we_hold_with_one_tick(stage: MakeStage) -> None:
    chat = stage(person=MAI)
    bare = {name: value for name, value in GOOD.items() if name not in ABOUT_PERSON}
    assert chat.fill({**bare, "reuse": "on"}) == ["registration.confirmed", "consent.news"]
    (claim,) = chat.done
    assert isinstance(claim, Register)
    assert claim.person == MAI


def test_it_asks_again_only_for_the_age(stage: MakeStage) -> None:
    old = replace(MAI, birth_date=date(1950, 1, 1))
    result = check_page(stage(person=old).talk(), {**GOOD, "reuse": "on", "phone": "12"})
    assert {name: fault.reason for name, fault in result.faults.items()} == {
        "birth_date": "registration.birth-date.over-age"
    }


@pytest.mark.parametrize("tick", ["", "off", "không"])
def test_it_takes_what_is_typed_without_the_tick(stage: MakeStage, tick: str) -> None:
    result = check_page(stage(person=MAI).talk(), {**GOOD, "reuse": tick, "name": "Lò Văn Nam"})
    assert result.values["name"] == "Lò Văn Nam"


def test_it_says_what_is_missing_with_the_way_back(stage: MakeStage) -> None:
    chat = stage()
    assert chat.fill({**GOOD, "phone": "12", "name": ""}) == ["registration.page-faults"]
    assert chat.last.text.count("•") == 2
    assert chat.last.link is not None
    assert chat.last.link.url == LINK
    assert chat.done == []


def test_it_keeps_nothing_of_a_refused_age(stage: MakeStage) -> None:
    chat = stage()
    assert chat.fill({**GOOD, "birth_date": "2012-01-01", "phone": "12"}) == ["registration.birth-date.under-age"]
    assert chat.form is None


def test_it_asks_only_for_the_slot_when_it_has_just_filled(stage: MakeStage) -> None:
    chat = stage()
    assert chat.fill({**GOOD, "consent_reminder": "on"}, refuse=True) == [
        "registration.slot-just-filled", "registration.ask-slot",
    ]  # fmt: skip
    assert chat.play(">07:30", ">Xác nhận") == ["registration.confirmed", "consent.news"]
    (claim,) = chat.done
    assert isinstance(claim, Register)
    assert (claim.slot_id, claim.person.phone, len(claim.consents)) == (100, "+84912345678", 2)


def test_it_shows_the_place_held_instead_of_a_second_one(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.fill(GOOD) == ["mine.already"]
    assert chat.done == []
