"""What people answer to a reminder: taps and ids that are old or of somebody else, places held, wishes, drives called off."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.dialog.turns import AskLater, Cancel, KeepRhythm, LetGo, Move, TakeHeld
from bot.domain.consents import ConsentGiven, Purpose
from bot.domain.contacts import Person
from bot.domain.conversations import Conversation, FormState
from bot.domain.updates import ChannelKind
from tests.dialog.stage import MAI, NOW, SECOND, MakeStage, after_reminder, booked, drive, held

# --- a held place --------------------------------------------------------------------------------------------------


def test_a_held_place_is_shown_with_the_consent_it_needs(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held"))
    assert chat.tap("Nhận chỗ này") == ["consent.held-place"]
    assert "07:30, Thứ Bảy, 05/12/2026" in chat.last.text
    assert chat.labels == ["Đồng ý, giữ chỗ", "Nhường chỗ", "Tháng sau hỏi lại", "Menu"]
    assert chat.done == [], "nothing is taken before the yes"


def test_the_whole_notice_is_behind_a_link(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held"))
    chat.catalogue = replace(chat.catalogue, notice="https://giothong.example/privacy")
    chat.tap("Nhận chỗ này")
    assert chat.last.link is not None
    assert chat.last.link.url == "https://giothong.example/privacy"


def test_one_tap_makes_it_theirs_with_the_wording_that_was_shown(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held"))
    chat.tap("Nhận chỗ này")
    assert chat.tap("Đồng ý, giữ chỗ") == ["reminded.taken"]
    assert chat.done == [TakeHeld(1, ConsentGiven(Purpose.REGISTRATION, "consent.held-place@1"))]
    assert chat.last.ticket is not None
    assert "căn cước" in chat.last.text
    assert "ngày 05/12/2026" in chat.last.text, "the drive's COVID-19 note"
    assert chat.say("/lich") == ["mine.list"]


def test_a_yes_that_comes_too_late_leads_to_the_others(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held"))
    chat.tap("Nhận chỗ này")
    assert chat.tap("Đồng ý, giữ chỗ", refuse=True) == ["reminded.gone", "drives.list"]
    assert [label[:8] for label in chat.labels] == ["T7 05/12", "CN 13/12", "Menu"]
    assert chat.done == []


def test_a_place_that_is_theirs_already_is_shown(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    for payload in ("n.yes.1", "n.take.1"):
        assert chat.press(payload) == ["mine.already"]
        assert chat.done == []


@pytest.mark.parametrize("payload", ["n.yes.99", "n.take.99", "n.yes.1", "n.take.1"])
def test_an_id_of_somebody_else_or_of_long_ago_does_nothing(stage: MakeStage, payload: str) -> None:
    chat = stage(person=MAI)
    assert chat.press(payload) == ["reminded.gone", "drives.list"]
    assert chat.done == []


@pytest.mark.parametrize("known", [{}, {"person": MAI}])
def test_a_stranger_who_gives_back_what_is_not_theirs_changes_nothing(
    stage: MakeStage, known: dict[str, Person]
) -> None:
    chat = stage(**known)
    assert chat.press("n.give.99") == ["reminded.when"]
    assert chat.done == []


def test_a_held_place_is_given_to_others_at_once(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held"))
    assert chat.tap("Nhường chỗ") == ["reminded.given"]
    assert chat.done == [LetGo(1)]
    assert chat.labels == ["Tháng sau hỏi lại", "Để mùa sau", "Các đợt hiến máu", "Menu"]


def test_a_booked_place_is_given_up_only_after_the_question(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.press("n.give.1") == ["mine.ask-cancel"]
    assert chat.tap("Huỷ chỗ này") == ["mine.cancelled"]
    assert chat.done == [Cancel(1)]


def test_a_held_place_of_a_drive_that_closed_is_gone(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held", drives=(SECOND,)))
    assert chat.tap("Nhận chỗ này") == ["reminded.gone", "drives.list"]
    assert chat.done == []


def test_a_slot_that_has_begun_is_gone(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held")).later(days=14)
    assert chat.tap("Nhận chỗ này")[0] == "reminded.gone"


def test_whoever_is_too_old_by_then_is_told_kindly(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held", person=replace(MAI, birth_date=date(1960, 1, 1))))
    assert chat.tap("Nhận chỗ này") == ["registration.birth-date.over-age"]
    assert chat.done == [LetGo(1)]


def test_a_deferral_that_ends_later_is_said(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held", deferred_until=date(2026, 12, 20)))
    assert chat.tap("Nhận chỗ này") == ["consent.held-place"]
    assert "20/12/2026" in chat.last.text


def test_a_held_place_is_no_booking(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held"))
    assert chat.say("/lich") == ["mine.none"]
    assert chat.press("g.cancel.1") == ["mine.gone", "mine.none"]
    assert chat.say("dang ky") == ["consent.registration"]


def test_who_registers_for_that_drive_gets_the_place_that_is_kept_for_them(stage: MakeStage) -> None:
    full = drive(1, 5, taken=10)
    chat = stage(**after_reminder("held", drives=(full, SECOND)))
    assert chat.press("d.1") == ["consent.held-place"]
    chat.later(days=13, hours=-2)  # that slot has begun
    assert chat.press("d.1") != ["consent.held-place"]


@pytest.mark.parametrize("text", ["dừng", "đừng nhắc nữa", "thôi nhắc lịch"])
def test_who_wants_no_reminders_keeps_no_place_from_others(stage: MakeStage, text: str) -> None:
    chat = stage(**after_reminder("held"))
    chat.say(text)
    assert LetGo(1) in chat.done


# --- later ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "until"),
    [
        pytest.param({}, date(2026, 12, 22), id="a month"),
        pytest.param({"next_on": date(2027, 1, 24)}, date(2027, 1, 24), id="when giving is possible again"),
        pytest.param({"deferred_until": date(2027, 5, 1)}, date(2027, 5, 1), id="when a deferral ends"),
    ],
)
def test_next_month_is_answered_with_its_date(stage: MakeStage, known: dict[str, date], until: date) -> None:
    chat = stage(**after_reminder("again", **known))
    assert chat.tap("Tháng sau hỏi lại") == ["reminded.later"]
    assert chat.done == [AskLater(until)]
    assert f"{until:%d/%m/%Y}" in chat.last.text


def test_the_day_is_that_of_the_place_and_not_of_the_clock(stage: MakeStage) -> None:
    chat = stage(**after_reminder("again"))
    chat.now = datetime.fromisoformat("2026-11-30T20:00:00+00:00")  # the first of December in Lai Châu
    chat.tap("Tháng sau hỏi lại")
    assert chat.done == [AskLater(date(2027, 1, 1))]


def test_nothing_is_promised_without_the_reminder_consent(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held", consents=frozenset({Purpose.REGISTRATION})))
    assert chat.tap("Tháng sau hỏi lại") == ["reminded.no-consent"]
    assert chat.done == [LetGo(1)]
    assert chat.tap("Nhắc tôi nhé") == ["consent.reminder"]


@pytest.mark.parametrize("payload", ["n.later", "n.no"])
def test_somebody_we_do_not_know_is_not_noted(stage: MakeStage, payload: str) -> None:
    chat = stage()
    assert chat.press(payload) == ["reminder.register-first"]
    assert chat.done == []


def test_not_this_season_waits_for_the_next(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held"))
    chat.catalogue = replace(chat.catalogue, campaigns=())
    assert chat.tap("Để mùa sau") == ["reminded.not-now"]
    assert chat.done == [LetGo(1), AskLater(date(2027, 5, 22))]


def test_typed_words_are_an_answer_only_while_it_is_the_last_thing_said(stage: MakeStage) -> None:
    chat = stage(**after_reminder("again"))
    chat.press("m.menu")
    assert chat.say("de sau di") != ["reminded.later"]
    assert chat.say("thang sau hoi lai em nhe") == ["reminded.later"]


def test_a_form_that_is_open_goes_on(stage: MakeStage) -> None:
    form = FormState("registration", 1, "name", {"consent": "x", "reminder": ""}, touched_at=NOW)
    chat = stage(**after_reminder("again", conversation=Conversation(greeted=True, serial=1, form=form)))
    chat.say("thang sau hoi lai")
    assert chat.done == []
    assert chat.form is not None


# --- a drive of one's own ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [">Tôi sẽ đến", "em se den", "ok a", "nho roi e"])
def test_who_will_come_is_noted(stage: MakeStage, text: str) -> None:
    chat = stage(**after_reminder("drive"))
    assert chat.play(text) == ["mine.kept"]
    assert chat.done == []
    assert chat.labels == ["Đổi giờ", "Huỷ đăng ký", "Trước khi hiến", "Menu"]


@pytest.mark.parametrize("text", ["khong", "ban qua", "thoi de hom khac"])
def test_who_cannot_come_sees_move_and_cancel(stage: MakeStage, text: str) -> None:
    chat = stage(**after_reminder("drive"))
    assert chat.say(text) == ["mine.list"]
    assert chat.labels[:2] == ["Đổi giờ", "Huỷ đăng ký"]


def test_an_old_reminder_of_a_place_that_is_gone_is_harmless(stage: MakeStage) -> None:
    chat = stage(**after_reminder("drive", registrations=()))
    assert chat.tap("Tôi sẽ đến") == ["mine.gone", "mine.none"]


def test_a_drive_that_was_called_off_leads_to_the_others_in_one_tap(stage: MakeStage) -> None:
    chat = stage(**after_reminder("called-off"))
    assert chat.tap("Đổi giờ") == ["mine.ask-drive-instead"]
    assert "chỗ cũ" not in chat.last.text
    assert chat.tap("CN 13/12") == ["mine.ask-slot-there-instead"]
    assert chat.tap("07:30") == ["mine.moved"]
    assert chat.done == [Move(1, 2, 200)]


@pytest.mark.parametrize("payload", ["g.keep.1", "g.elsewhere.1"])
def test_a_place_at_a_drive_that_was_called_off_cannot_be_kept(stage: MakeStage, payload: str) -> None:
    chat = stage(**after_reminder("called-off"))
    assert chat.press(payload) == ["mine.ask-drive-instead"]


def test_without_another_drive_it_says_so(stage: MakeStage) -> None:
    chat = stage(**after_reminder("called-off", drives=()))
    assert chat.tap("Đổi giờ") == ["mine.nowhere-else-instead"]
    assert chat.labels == ["Huỷ đăng ký", "Menu"]


def test_a_slot_that_just_filled_there_says_nothing_of_an_old_place(stage: MakeStage) -> None:
    chat = stage(**after_reminder("called-off"))
    chat.tap("Đổi giờ")
    chat.tap("CN 13/12")
    assert chat.tap("07:30", refuse=True) == ["mine.slot-gone-instead", "mine.ask-slot-there-instead"]
    assert "chỗ cũ" not in " ".join(message.text for message in chat.said.messages)


def test_my_places_tell_which_drive_was_called_off(stage: MakeStage) -> None:
    both = (replace(booked(1), called_off=True), booked(2))
    chat = stage(person=MAI, registrations=both, drives=(SECOND,))
    chat.say("/lich")
    assert "không tổ chức nữa" in chat.last.text
    assert "Giọt hồng Than Uyên" in chat.last.text


# --- the hours -----------------------------------------------------------------------------------------------------


def test_a_night_shift_is_kept_once(stage: MakeStage) -> None:
    chat = stage(person=MAI)
    assert chat.say("em lam ca dem") == ["rhythm.nights"]
    assert chat.done == [KeepRhythm("nights")]
    assert chat.labels == ["Ca đêm, mất ngủ", "Giờ bình thường", "Menu"]
    assert chat.press("w.nights") == ["rhythm.nights"]
    assert chat.done == []
    assert chat.tap("Giờ bình thường") == ["rhythm.usual"]
    assert chat.done == [KeepRhythm("")]


def test_nothing_is_kept_of_who_is_not_known(stage: MakeStage) -> None:
    chat = stage()
    assert chat.press("w.nights") == ["rhythm.register-first"]
    assert chat.done == []


def test_the_hours_are_shown_before_the_choice(stage: MakeStage) -> None:
    chat = stage(person=MAI, rhythm="nights")
    assert chat.say("/gio") == ["rhythm.ask"]
    assert "06:00 đến 16:00" in chat.last.text


@pytest.mark.parametrize(
    "payload", ["w.", "w.sundays", "n.", "n.yes", "n.yes.x", "n.later.5", "n.fine", "n.kill.5", "n.yes." + "9" * 19]
)
def test_what_we_never_wrote_is_past(stage: MakeStage, payload: str) -> None:
    chat = stage(**after_reminder("held"))
    assert chat.press(payload) == ["registration.past", "menu.what"]
    assert chat.done == []


@pytest.mark.parametrize("channel", list(ChannelKind))
def test_a_full_drive_offers_nothing_that_is_full(stage: MakeStage, channel: ChannelKind) -> None:
    full = drive(1, 5, taken=10)
    chat = stage(**after_reminder("held", drives=(full, SECOND)), channel=channel)
    assert chat.tap("Nhận chỗ này") == ["consent.held-place"], "a held place counts as taken already"
    assert chat.tap("Đồng ý, giữ chỗ") == ["reminded.taken"]


def test_all_that_is_held_goes_when_they_put_it_off(stage: MakeStage) -> None:
    chat = stage(**after_reminder("held", registrations=(held(1), replace(held(2), id=2))))
    assert chat.press("n.later") == ["reminded.later"]
    assert chat.done[:2] == [LetGo(1), LetGo(2)]
