"""My registrations: see, move, cancel."""

from dataclasses import replace
from datetime import date

import pytest

from bot.dialog.turns import Cancel, GiveConsent, Move
from bot.domain.consents import Purpose
from bot.domain.registrations import RegistrationState
from tests.dialog.stage import FIRST, MAI, SECOND, MakeStage, booked, drive


def test_it_shows_the_place_held_with_its_ticket(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(slot=1),))
    assert chat.say("/lich") == ["mine.list"]
    assert "08:00, Thứ Bảy, 05/12/2026" in chat.last.text
    assert "ABCDE-12345" in chat.last.text
    assert chat.labels == ["Đổi giờ", "Huỷ đăng ký", "Nhắc tôi nhé", "Giữ chỗ đồng nghiệp", "Nối tài khoản", "Menu"]


def test_it_shows_several_places_each_with_its_day(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(2), booked(1)))
    chat.press("m.mine")
    assert chat.labels[:4] == ["Đổi T7 05/12", "Huỷ T7 05/12", "Đổi CN 13/12", "Huỷ CN 13/12"]


def test_it_shows_a_place_of_a_drive_that_takes_no_more_registrations(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),), drives=(SECOND,))
    assert chat.say("/lich") == ["mine.list"]
    assert "07:30, Thứ Bảy, 05/12/2026" in chat.last.text
    assert chat.tap("Đổi giờ") == ["mine.ask-drive"]


@pytest.mark.parametrize("state", [RegistrationState.CANCELLED, RegistrationState.DONATED])
def test_it_shows_no_place_that_is_not_held(stage: MakeStage, state: RegistrationState) -> None:
    chat = stage(person=MAI, registrations=(replace(booked(), state=state),))
    assert chat.say("/lich") == ["mine.none"]
    assert chat.press("g.cancel.1") == ["mine.gone", "mine.none"]


def test_it_moves_to_another_slot(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.play("/lich", ">Đổi giờ") == ["mine.ask-slot"]
    assert chat.labels == ["08:00 (còn 10)", "08:30 (còn 10)", "09:00 (còn 10)", "Đợt khác"]
    assert chat.say("8h30") == ["mine.moved"]
    assert chat.done == [Move(1, 1, 102)]
    assert "08:30" in chat.last.text


def test_it_moves_to_another_drive(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.play("/lich", ">Đổi giờ", ">Đợt khác") == ["mine.ask-drive"]
    assert chat.play(">CN 13/12") == ["mine.ask-slot-there"]
    assert chat.play(">07:30") == ["mine.moved"]
    assert chat.done == [Move(1, 2, 200)]
    assert "Hội trường huyện cũ" in chat.last.text


def test_it_turns_pages_when_moving(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),), drives=(drive(1, 5, slots=18),))
    chat.play("/lich", ">Đổi giờ", ">Xem thêm", ">Xem thêm")
    assert chat.labels == ["16:00 (còn 10)", "Xem thêm giờ"]
    assert chat.tap("16:00") == ["mine.moved"]


def test_it_keeps_the_old_place_when_the_new_slot_has_just_filled(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    chat.play("/lich", ">Đổi giờ")
    assert chat.tap("08:00", refuse=True) == ["mine.slot-gone", "mine.ask-slot"]
    assert chat.labels[0] == "08:30 (còn 10)"
    assert chat.dossier.registrations[0].slot_id == 100


def test_it_says_so_when_there_is_nowhere_to_move(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),), drives=(drive(1, 5, slots=1),))
    assert chat.play("/lich", ">Đổi giờ") == ["mine.nowhere-else"]
    assert chat.done == []


def test_it_does_not_move_onto_a_drive_where_a_place_is_held(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(1), booked(2)))
    assert chat.press("g.slot.1.201") == ["mine.already"]
    assert chat.done == []


def test_it_cancels_after_one_confirming_tap(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.say("/huy") == ["mine.ask-cancel"]
    assert chat.done == []
    ask = chat.conversation.offered[0].payload
    assert chat.tap("Huỷ chỗ này") == ["mine.cancelled"]
    assert chat.done == [Cancel(1)]
    assert chat.press(ask) == ["mine.gone", "mine.none"]
    assert chat.done == []


def test_it_keeps_the_place_when_they_think_again(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.play("/huy", ">Giữ chỗ") == ["mine.list"]
    assert chat.dossier.registrations[0].is_booked


def test_it_cancels_in_words(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.say("em bận, muốn huỷ lịch hiến máu") == ["mine.ask-cancel"]


def test_it_never_touches_the_registration_of_somebody_else(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.press("g.yes.77") == ["mine.gone", "mine.list"]
    assert chat.done == []


def test_it_takes_the_reminder_consent_later(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.play("/lich", ">Nhắc tôi") == ["consent.reminder"]
    assert chat.done == []
    assert chat.tap("Nhắc tôi") == ["reminder.on"]
    (given,) = chat.done
    assert isinstance(given, GiveConsent)
    assert (given.consent.purpose, given.consent.wording) == (Purpose.REMINDER, "consent.reminder@2")


def test_it_tells_a_stranger_when_the_reminder_can_be_had(stage: MakeStage) -> None:
    assert stage().press("c.yes") == ["reminder.register-first"]


def test_it_registers_for_a_second_drive_with_what_it_knows(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),), next_on=date(2026, 12, 1))
    assert chat.play("/dangky", ">Đồng ý", ">Không cần", ">Dùng thông tin", ">Không làm") == ["registration.ask-slot"]
    assert chat.form.answers["drive_id"] == SECOND.id
    assert FIRST.name not in chat.last.text
