"""The ticket under the words that confirm a place: said once in words, opened by its page, and on the map."""

from dataclasses import replace

import pytest

from bot.channels.fit import fit
from bot.dialog.tickets import with_ticket
from bot.dialog.turns import Say
from bot.domain.drives import DriveState
from bot.domain.messages import Link, Message
from bot.domain.registrations import TICKET_ALPHABET, RegistrationState
from bot.domain.tickets import Standing, map_link, read_ticket, standing
from tests.dialog.stage import FIRST, MAI, NOW, SECOND, MakeStage, Stage, booked
from tests.facts import MESSENGER, TELEGRAM, WEB, ZALO

PAGE = "https://hien.example/t/ABCDE-12345"
PICTURE = f"{PAGE}.png"
MAP = "https://www.google.com/maps/search/?api=1&query="


def opened(chat: Stage) -> Stage:
    """Tickets of this talk have pages."""
    chat.catalogue = replace(chat.catalogue, ticket_links=lambda _address, _ticket: (PAGE, PICTURE))
    return chat


def test_it_stands_under_a_move_and_under_a_place_held(stage: MakeStage) -> None:
    chat = opened(stage(person=MAI, registrations=(booked(),)))
    for said in (("/lich",), (">Đổi giờ", "8h30")):
        chat.play(*said)
        ticket, location = chat.last.ticket, chat.last.location
        assert ticket is not None
        assert location is not None
        assert (ticket.code, ticket.drive, ticket.picture) == ("ABCDE-12345", FIRST.name, PICTURE)
        assert ticket.page == Link("Phiếu có mã QR", PAGE)
        assert (location.name, location.address) == (FIRST.place, FIRST.address)
    assert chat.last.ticket is not None
    assert chat.last.ticket.when == "08:30, Thứ Bảy, 05/12/2026"


def test_it_is_not_shown_for_several_places_nor_for_a_closed_drive(stage: MakeStage) -> None:
    several = opened(stage(person=MAI, registrations=(booked(2), booked(1))))
    several.say("/lich")
    closed = opened(stage(person=MAI, registrations=(booked(),), drives=(SECOND,)))
    closed.say("/lich")
    assert [chat.last.ticket for chat in (several, closed)] == [None, None]


def test_its_words_are_not_said_twice(stage: MakeStage) -> None:
    """The confirmation tells all of it already; the page's link is all that comes under it."""
    chat = opened(stage(person=MAI, registrations=(booked(),)))
    chat.play("/lich", ">Đổi giờ", "8h30")
    (part,) = fit([chat.last.with_choices(())], ZALO)
    assert part.text == f"{chat.last.text.strip()}\n\nPhiếu có mã QR: {PAGE}"


def test_it_is_a_picture_and_a_button_where_there_are_such(stage: MakeStage) -> None:
    chat = opened(stage(person=MAI, registrations=(booked(),)))
    chat.play("/lich", ">Đổi giờ", "8h30")
    for limits in (TELEGRAM, WEB):
        picture, part = fit([chat.last], limits)
        assert picture == Message("", image=PICTURE)
        assert part.link == Link("Phiếu có mã QR", PAGE)
        assert part.choices == chat.last.choices
    picture, part = fit([chat.last], MESSENGER)
    assert part.link is None  # quick replies stand there
    assert PAGE in part.text


def test_the_map_stands_in_for_a_page_that_nobody_could_open(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    chat.say("/lich")
    (part,) = fit([chat.last], TELEGRAM)
    assert part.link is not None
    assert (part.link.label, part.link.url[: len(MAP)]) == ("Bản đồ", MAP)


def test_what_the_words_leave_out_is_written_under_them(stage: MakeStage) -> None:
    chat = opened(stage(person=MAI, registrations=(booked(),)))
    chat.say("/lich")
    bare = Say(Message("Phiếu đây ạ."), "mine.list")
    said = with_ticket(chat.talk(), bare, "ABCDE12345", FIRST, NOW)
    (part,) = fit([said.message], ZALO)
    assert part.text == (
        "Phiếu đây ạ.\n\nABCDE-12345\nNgày hội hiến máu CNVCLĐ\n10:00, Chủ Nhật, 22/11/2026\nNhà văn hoá Lao động tỉnh\n"
        f"Phường Tân Phong\n\nPhiếu có mã QR: {PAGE}"
    )


def test_the_map_is_asked_for_the_place_alone() -> None:
    link = map_link("Nhà văn hoá", "")
    assert link == f"{MAP}Nh%C3%A0+v%C4%83n+ho%C3%A1"
    assert map_link("Nhà văn hoá & sân", "số 1").endswith("%26+s%C3%A2n%2C+s%E1%BB%91+1")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("ABCDE-12345", "ABCDE12345", id="as it is shown"),
        pytest.param(" abcde12345 ", "ABCDE12345", id="typed in small letters"),
        pytest.param("abcde-i23o5", "ABCDE12305", id="letters that look like numbers"),
        pytest.param("ABCDE-1234U", "", id="U is in no ticket"),
        pytest.param("ABCDE1234", "", id="too short"),
        pytest.param("ABCDE123456", "", id="too long"),
        pytest.param("erased-12345", "", id="what erasing leaves"),
        pytest.param("ＡＢＣＤＥ12345", "", id="wide letters"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_it_reads_a_ticket(typed: str, expected: str) -> None:
    assert read_ticket(typed) == expected
    assert set(expected) <= set(TICKET_ALPHABET)


@pytest.mark.parametrize(
    ("state", "drive", "late", "expected"),
    [
        pytest.param("booked", "open", False, Standing.OPEN, id="held"),
        pytest.param("booked", "closed", False, Standing.OPEN, id="closed takes no more, but it takes place"),
        pytest.param("cancelled", "open", False, Standing.CANCELLED, id="cancelled"),
        pytest.param("cancelled", "open", True, Standing.CANCELLED, id="cancelled and over"),
        pytest.param("booked", "cancelled", False, Standing.CALLED_OFF, id="called off"),
        pytest.param("cancelled", "cancelled", False, Standing.CALLED_OFF, id="called off for all"),
        pytest.param("booked", "open", True, Standing.OVER, id="over"),
        pytest.param("deferred", "open", False, Standing.OPEN, id="a deferral shows nowhere"),
        pytest.param("donated", "open", True, Standing.OVER, id="nor does a donation"),
    ],
)
def test_it_is_worth_something(state: str, drive: str, late: bool, expected: Standing) -> None:
    now = FIRST.ends_at.replace(year=2027) if late else FIRST.ends_at
    assert standing(RegistrationState(state), DriveState(drive), FIRST.ends_at, now) is expected
