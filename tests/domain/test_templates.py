"""A template is filled as it was approved, or not at all."""

import pytest

from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import RouteKind
from bot.domain.templates import Approved, BadParam, Form, Param, as_read, call_for
from bot.domain.updates import ChannelKind

FORM = Form(
    "reminder",
    ChannelKind.ZALO,
    MessagePurpose.REMINDER,
    (Param("short_name", 12, cut=True), Param("next_date", 10)),
    {"vi": "Chào {short_name}, từ ngày {next_date} ạ."},
)
VALUES = {"short_name": "Lò Thị Mai", "next_date": "05/12/2026"}
PLACES = (("name", "short_name"), ("date", "next_date"))


def approved(*places: tuple[str, str], channel: ChannelKind = ChannelKind.ZALO) -> Approved:
    ways = frozenset((RouteKind.TEMPLATE_UID,))
    return Approved("reminder", channel, "vi", "300123", ways, places or PLACES)


def test_it_names_places_as_the_platform_does_and_in_its_order() -> None:
    call = call_for(FORM, approved(), VALUES, RouteKind.TEMPLATE_UID)
    assert list(call.params.items()) == [("name", "Lò Thị Mai"), ("date", "05/12/2026")]
    assert (call.template_id, call.by, call.phone) == ("300123", "uid", "")


@pytest.mark.parametrize(
    ("kind", "by", "phone"),
    [
        (RouteKind.TEMPLATE_UID, "uid", ""),
        (RouteKind.TEMPLATE_PHONE, "phone", "+84912345678"),
        (RouteKind.UTILITY, "page", ""),
    ],
)
def test_it_tells_the_phone_only_where_it_goes_there(kind: RouteKind, by: str, phone: str) -> None:
    call = call_for(FORM, approved(), VALUES, kind, "+84912345678")
    assert (call.by, call.phone) == (by, phone)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Lò Thị Hồng Hạnh", "Lò Thị Hồng…"),
        ("Nguyễnnnnnnnn", "Nguyễnnnnnn…"),
        ("Lò  Thị\nMai", "Lò Thị Mai"),
        ("Lo\u0300 Thi\u0323 Mai", "Lò Thị Mai"),
    ],
)
def test_it_cuts_what_may_be_cut_and_counts_after_nfc(name: str, expected: str) -> None:
    call = call_for(FORM, approved(), {**VALUES, "short_name": name}, RouteKind.TEMPLATE_UID)
    assert call.params["name"] == expected
    assert len(expected) <= 12


@pytest.mark.parametrize(
    ("values", "places", "says"),
    [
        pytest.param({**VALUES, "next_date": "ngày 5 tháng 12"}, PLACES, "next_date is longer", id="too long"),
        pytest.param({**VALUES, "next_date": " "}, PLACES, "next_date has no value", id="empty"),
        pytest.param({"short_name": "Mai"}, PLACES, "next_date has no value", id="missing"),
        pytest.param(VALUES, (("x", "salary"),), "salary is no value of reminder", id="not ours"),
    ],
)
def test_it_is_never_sent_wrong(values: dict[str, str], places: tuple[tuple[str, str], ...], says: str) -> None:
    with pytest.raises(BadParam, match=says) as error:
        call_for(FORM, approved(*places), values, RouteKind.TEMPLATE_UID)
    assert "Mai" not in str(error.value)


def test_it_leaves_out_signs_that_messenger_refuses() -> None:
    form = Form("x", ChannelKind.MESSENGER, MessagePurpose.DRIVE, (Param("drive", 80),), {"vi": "Đợt {drive} ạ"})
    mine = approved(("drive", "drive"), channel=ChannelKind.MESSENGER)
    call = call_for(form, mine, {"drive": "Ngày hội #1 100%"}, RouteKind.UTILITY)
    assert call.params["drive"] == "Ngày hội 1 100"


def test_it_reads_in_our_records_as_the_person_reads_it() -> None:
    assert as_read(FORM, VALUES, "vi") == as_read(FORM, VALUES, "lo") == "Chào Lò Thị Mai, từ ngày 05/12/2026 ạ."
