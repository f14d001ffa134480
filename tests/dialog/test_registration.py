"""The registration form, from the first question to the ticket."""

from datetime import date

import pytest

from bot.dialog.turns import Register
from bot.domain.consents import Purpose
from bot.domain.updates import ChannelKind, SharedPhone
from tests.dialog.stage import FIRST, LINK, MAI, SECOND, MakeStage, booked, drive

BY_TEXT = [
    ("dang ky", ["consent.registration"]),
    ("dong y", ["consent.reminder"]),
    ("khong can nhac", ["registration.ask-name"]),
    ("lo thi mai", ["registration.ask-birth-date"]),
    ("20/11/90", ["registration.ask-phone"]),
    ("0912.345.678", ["registration.ask-unit"]),
    ("che than uyen", ["registration.pick-unit"]),
    ("1", ["registration.ask-dangerous-work"]),
    ("co", ["registration.dangerous-work-rule", "registration.ask-drive"]),
    ("05/12", ["registration.ask-slot"]),
    ("8h30", ["registration.review"]),
    ("xac nhan", ["registration.confirmed", "consent.news"]),
]


def test_it_registers_by_text_only_without_accents(stage: MakeStage) -> None:
    chat = stage()
    for they_say, we_answer in BY_TEXT:
        assert (they_say, chat.say(they_say)) == (they_say, we_answer)
    claim = next(effect for effect in chat.effects if isinstance(effect, Register))
    assert (claim.drive_id, claim.slot_id, claim.dangerous_work) == (1, 102, True)
    assert (claim.person.name, claim.person.birth_date, claim.person.phone) == (
        "Lo Thi Mai",
        date(1990, 11, 20),
        "+84912345678",
    )
    assert claim.person.unit_id == 3
    assert [consent.purpose for consent in claim.consents] == [Purpose.REGISTRATION]
    assert claim.consents[0].wording == "consent.registration@2"
    assert chat.form is None


BY_TAPS = [
    ">Đăng ký hiến máu", ">Đồng ý", ">Nhắc tôi", "Lò Thị Mai", "20/11/1990", "0912345678", "Chè Than Uyên", ">Chè Than",
    ">Không làm", ">CN 13/12", ">08:00", ">Xác nhận",
]  # fmt: skip


def test_it_registers_by_taps_and_says_all_that_is_needed(stage: MakeStage) -> None:
    chat = stage(new=True)
    chat.start()
    assert chat.play(*BY_TAPS) == ["registration.confirmed", "consent.news"]
    (claim,) = chat.done
    assert isinstance(claim, Register)
    assert (claim.drive_id, claim.slot_id) == (2, 201)
    assert [consent.purpose for consent in claim.consents] == [Purpose.REGISTRATION, Purpose.REMINDER]
    for part in (
        f"{claim.ticket[:5]}-{claim.ticket[5:]}",
        "Chủ Nhật, 13/12/2026",
        "08:00",
        "Hội trường huyện cũ",
        "căn cước",
        "COVID-19",
        "tính đến 23/11/2026",
    ):
        assert part in chat.said.messages[0].text


def test_it_offers_the_page_with_the_first_question(stage: MakeStage) -> None:
    chat = stage()
    assert chat.press("m.register") == ["consent.registration"]
    assert chat.last.link is not None
    assert chat.last.link.url == LINK
    assert chat.labels == ["Đồng ý", "Không đồng ý", "Tự xem trước 1 phút"]
    for told in ("LĐLĐ tỉnh Lai Châu", "Telegram", "/xoa"):
        assert told in chat.last.text


def test_it_offers_the_page_before_the_chat_on_zalo(stage: MakeStage) -> None:
    chat = stage(channel=ChannelKind.ZALO)
    assert chat.press("m.register") == ["registration.page-first", "consent.registration"]
    assert chat.said.messages[0].link is not None
    assert chat.said.messages[1].link is None


def test_it_offers_no_page_where_there_is_none(stage: MakeStage) -> None:
    chat = stage(channel=ChannelKind.ZALO, form_link=lambda address, now: "")
    assert chat.press("m.register") == ["consent.registration"]
    assert chat.last.link is None


def test_it_stores_nothing_without_consent(stage: MakeStage) -> None:
    chat = stage()
    assert chat.play("/dangky", ">Không đồng ý") == ["registration.no-consent"]
    assert chat.form is None
    assert chat.effects[-1] not in chat.done


def test_it_does_not_ask_for_the_drive_when_there_is_one(stage: MakeStage) -> None:
    chat = stage(drives=(FIRST,))
    chat.play("menu", *BY_TAPS[:9])
    assert chat.about == ["registration.ask-slot"]
    assert "Đợt khác" not in chat.labels


def test_it_takes_the_drive_of_the_poster(stage: MakeStage) -> None:
    chat = stage(new=True)
    assert chat.start("lc-2026-12-13") == ["greeting.hello-drive"]
    assert "Giọt hồng Than Uyên" in chat.last.text
    chat.play(">Đăng ký đợt này", *BY_TAPS[1:9])
    assert chat.about == ["registration.ask-slot"]
    assert chat.form.answers["drive_id"] == SECOND.id
    assert chat.conversation.ref == "lc-2026-12-13"


def test_it_takes_the_phone_that_was_shared(stage: MakeStage) -> None:
    chat = stage()
    chat.play("/dangky", ">Đồng ý", ">Không cần", "Lò Thị Mai", "20/11/1990")
    assert chat.last.ask_phone
    assert chat.hear(SharedPhone("84912345678")) == ["registration.ask-unit"]
    assert chat.form.answers["phone"] == "+84912345678"


def test_it_does_not_keep_a_phone_that_nobody_asked_for(stage: MakeStage) -> None:
    chat = stage()
    assert chat.hear(SharedPhone("84912345678")) == ["registration.phone.not-asked", "menu.what"]
    assert chat.form is None


TO_NAME = ["/dangky", ">Đồng ý", ">Không cần"]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        pytest.param("không biết", "registration.name.unreadable", id="not a name"),
        pytest.param("0912345678", "registration.name.digits", id="a phone is no name"),
        pytest.param("L", "registration.name.too-short", id="one letter is no name"),
    ],
)
def test_it_says_why_a_name_was_not_taken(stage: MakeStage, typed: str, answer: str) -> None:
    chat = stage()
    assert chat.play(*TO_NAME, typed) == [answer]
    assert chat.form.misses == 1
    assert chat.say("Lò Thị Mai") == ["registration.ask-birth-date"]
    assert chat.form.misses == 0


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        pytest.param("1990", "registration.birth-date.day-missing", id="a year is no date"),
        pytest.param("31/2/1990", "registration.birth-date.impossible", id="no such day"),
        pytest.param("20/11/1990 âm lịch", "registration.birth-date.lunar", id="lunar"),
        pytest.param("hôm qua", "registration.birth-date.unreadable", id="no date at all"),
    ],
)
def test_it_says_why_a_birth_date_was_not_taken(stage: MakeStage, typed: str, answer: str) -> None:
    chat = stage()
    assert chat.play(*TO_NAME, "Lò Thị Mai", typed) == [answer]
    assert chat.form.step == "birth"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        pytest.param("0213 3870 001", "registration.phone.landline", id="landline"),
        pytest.param("091234", "registration.phone.too-short", id="too short"),
        pytest.param("0912345678 hoặc 0987654321", "registration.phone.ambiguous", id="two numbers"),
    ],
)
def test_it_says_why_a_phone_was_not_taken(stage: MakeStage, typed: str, answer: str) -> None:
    chat = stage()
    assert chat.play(*TO_NAME, "Lò Thị Mai", "20/11/1990", typed) == [answer]
    assert chat.last.ask_phone


def test_it_offers_a_human_after_three_misses_and_keeps_the_form(stage: MakeStage) -> None:
    chat = stage()
    chat.play(*TO_NAME, "Lò Thị Mai")
    assert chat.play("abc", "hôm qua", "xyz") == ["registration.birth-date.unreadable"]
    assert "Gặp người phụ trách" in chat.labels
    assert chat.tap("Gặp người") == ["human.told"]
    assert chat.form.step == "birth"
    assert chat.say("20/11/1990") == ["registration.ask-phone"]


@pytest.mark.parametrize(
    ("typed", "answer", "told"),
    [
        pytest.param(
            "06/12/2008", "registration.birth-date.under-age", "06/12/2026", id="18 the day after the only drive"
        ),
        pytest.param("1/3/2012", "registration.birth-date.under-age", "01/03/2030", id="much too young"),
        pytest.param("29/2/2012", "registration.birth-date.under-age", "01/03/2030", id="born on a leap day"),
        pytest.param("05/12/1965", "registration.birth-date.over-age", "60", id="61 on the day"),
    ],
)
def test_it_refuses_an_age_kindly_and_stores_nothing(stage: MakeStage, typed: str, answer: str, told: str) -> None:
    chat = stage(drives=(FIRST,))
    assert chat.play(*TO_NAME, "Lò Thị Mai", typed) == [answer]
    assert told in chat.last.text
    assert chat.form is None


@pytest.mark.parametrize("born", ["05/12/2008", "06/12/1965"])
def test_it_takes_who_is_of_age_on_the_day_of_the_drive(stage: MakeStage, born: str) -> None:
    chat = stage(drives=(FIRST,))
    assert chat.play(*TO_NAME, "Lò Thị Mai", born) == ["registration.ask-phone"]


def test_it_asks_again_about_age_when_an_earlier_drive_is_chosen(stage: MakeStage) -> None:
    chat = stage()
    chat.play(*TO_NAME, "Lò Thị Mai", "10/12/2008", "0912345678", ">Không thấy", ">Không làm")
    assert chat.tap("T7 05/12") == ["registration.birth-date.under-age"]
    assert chat.form is None


def test_it_goes_on_without_a_unit(stage: MakeStage) -> None:
    chat = stage()
    chat.play(*TO_NAME, "Lò Thị Mai", "20/11/1990", "0912345678")
    assert chat.say("nhà máy trên mặt trăng") == ["registration.unit.none-found"]
    assert chat.tap("Không thấy") == ["registration.ask-dangerous-work"]
    assert chat.form.answers["unit_id"] is None


def test_it_narrows_the_units_by_typing(stage: MakeStage) -> None:
    chat = stage()
    chat.play(*TO_NAME, "Lò Thị Mai", "20/11/1990", "0912345678")
    assert chat.say("cong ty che") == ["registration.pick-unit"]
    assert chat.labels == ["Chè Tam Đường", "Chè Than Uyên", "Không thấy đơn vị"]
    assert chat.say("CĐCS Công ty Chè Tam Đường") == ["registration.ask-dangerous-work"]
    assert chat.form.answers["unit_id"] == 2


TO_REVIEW = [*BY_TAPS[:-1]]


@pytest.mark.parametrize(
    ("fix", "asked", "answer", "field", "value"),
    [
        pytest.param(">Sửa họ tên", "registration.ask-name", "Lò Văn Nam", "name", "Lò Văn Nam", id="name"),
        pytest.param(
            ">Sửa ngày sinh", "registration.ask-birth-date", "1/2/1991", "birth_date", "1991-02-01", id="birth date"
        ),
        pytest.param(">Sửa số điện", "registration.ask-phone", "0987654321", "phone", "+84987654321", id="phone"),
        pytest.param(">Sửa đơn vị", "registration.ask-unit", ">Không thấy", "unit_id", None, id="unit"),
        pytest.param(">Sửa việc", "registration.ask-dangerous-work", ">Không làm", "dangerous_work", False, id="work"),
        pytest.param(">Đổi giờ", "registration.ask-slot", ">09:00", "slot_id", 203, id="slot"),
        pytest.param(">Sửa họ tên", "registration.ask-name", ">Giữ như cũ", "name", "Lò Thị Mai", id="kept as it was"),
    ],
)
def test_it_corrects_one_answer_and_comes_back_to_the_review(
    stage: MakeStage, fix: str, asked: str, answer: str, field: str, value: object
) -> None:
    chat = stage()
    chat.play("menu", *TO_REVIEW)
    assert chat.play(fix) == [asked]
    assert chat.form.returning
    assert chat.play(answer) == ["registration.review"]
    assert chat.form.answers[field] == value


def test_it_asks_for_a_slot_again_when_the_drive_is_changed(stage: MakeStage) -> None:
    chat = stage()
    chat.play("menu", *TO_REVIEW)
    assert chat.play(">Đổi đợt", ">T7 05/12") == ["registration.ask-slot"]
    assert chat.play(">07:30", ">Xác nhận") == ["registration.confirmed", "consent.news"]
    assert (chat.done[0].drive_id, chat.done[0].slot_id) == (1, 100)  # type: ignore[attr-defined]


def test_it_turns_pages_of_slots(stage: MakeStage) -> None:
    chat = stage(drives=(drive(1, 5, slots=18),))
    chat.play("menu", *BY_TAPS[:9])
    assert len(chat.labels) == 9
    assert chat.tap("Xem thêm") == ["registration.ask-slot"]
    assert chat.labels[0].startswith("11:30")
    chat.tap("Xem thêm")
    assert chat.labels == ["15:30 (còn 10)", "16:00 (còn 10)", "Xem thêm giờ"]
    chat.tap("Xem thêm")
    assert chat.labels[0].startswith("07:30")
    assert chat.say("15h30") == ["registration.review"]


def test_it_shows_only_slots_with_places_that_have_not_begun(stage: MakeStage) -> None:
    half_full = FIRST.with_slot_full(102)
    chat = stage(drives=(half_full,))
    chat.now = FIRST.slots[0].starts_at
    chat.play("menu", *BY_TAPS[:9])
    assert chat.labels == ["08:00 (còn 10)", "09:00 (còn 10)"]


def test_it_says_usually_not_before_and_does_not_refuse(stage: MakeStage) -> None:
    chat = stage(next_on=date(2026, 12, 20), drives=(FIRST,))
    chat.play("menu", *BY_TAPS[:9])
    assert "20/12/2026" in chat.last.text
    assert "bác sĩ" in chat.last.text
    assert chat.play(">07:30", ">Xác nhận") == ["registration.confirmed", "consent.news"]
    assert "20/12/2026" in chat.said.messages[0].text


def test_it_offers_what_is_left_when_the_slot_has_just_filled(stage: MakeStage) -> None:
    chat = stage()
    chat.play("menu", *TO_REVIEW)
    before = chat.conversation
    assert chat.tap("Xác nhận", refuse=True) == ["registration.slot-just-filled", "registration.ask-slot"]
    assert chat.labels == ["07:30 (còn 10)", "08:30 (còn 10)", "09:00 (còn 10)", "Đợt khác"]
    assert chat.form.serial == before.serial
    assert chat.play(">08:30", ">Xác nhận") == ["registration.confirmed", "consent.news"]
    assert [effect.slot_id for effect in chat.effects if isinstance(effect, Register)] == [202]


def test_it_offers_the_other_drive_when_the_last_slot_has_filled(stage: MakeStage) -> None:
    chat = stage(drives=(drive(1, 5, slots=1), SECOND))
    chat.play("menu", *BY_TAPS[:9], ">T7 05/12", ">07:30")
    assert chat.tap("Xác nhận", refuse=True) == ["registration.slot-just-filled", "registration.ask-slot"]
    assert chat.form.answers["drive_id"] == SECOND.id


def test_it_says_so_when_nothing_is_left_at_all(stage: MakeStage) -> None:
    chat = stage(drives=(drive(1, 5, slots=1),))
    chat.play("menu", *BY_TAPS[:9], ">07:30")
    assert chat.tap("Xác nhận", refuse=True) == ["registration.slot-just-filled", "registration.none-open"]
    assert chat.form is None


def test_it_uses_what_it_knows_of_a_person_if_they_like(stage: MakeStage) -> None:
    chat = stage(person=MAI, consents=frozenset({Purpose.REMINDER}))
    assert chat.play("/dangky", ">Đồng ý") == ["registration.ask-reuse"]
    assert "0912 345 678" in chat.last.text
    assert chat.tap("Dùng thông tin") == ["registration.ask-dangerous-work"]
    assert chat.play(">Không làm", ">T7 05/12", ">07:30", ">Xác nhận") == ["registration.confirmed", "consent.news"]
    assert chat.done[0].person == MAI  # type: ignore[attr-defined]


def test_it_asks_anew_if_they_prefer(stage: MakeStage) -> None:
    chat = stage(person=MAI)
    assert chat.play("/dangky", ">Đồng ý", ">Không cần", ">Nhập lại") == ["registration.ask-name"]


def test_it_shows_the_place_that_is_held_already(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),), drives=(FIRST,))
    assert chat.press("d.1") == ["mine.already"]
    assert chat.labels[:2] == ["Đổi giờ", "Huỷ đăng ký"]
    assert "ABCDE-12345" in chat.last.text
    assert chat.say("/dangky") == ["mine.list"]


def test_it_says_so_when_no_drive_is_open(stage: MakeStage) -> None:
    assert stage(drives=()).say("/dangky") == ["drives.none"]
    assert stage(drives=(drive(1, 5, taken=10),)).say("/dangky") == ["drives.none"]
