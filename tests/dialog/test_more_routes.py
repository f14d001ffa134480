"""One more way to somebody: asked when what they wait for would have none, once a month, never in mid-form."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.dialog.talk import Outlook
from bot.dialog.turns import AskRoute, JoinPerson, Register
from bot.domain.consents import Purpose
from bot.domain.intents import Ways
from bot.domain.platforms import RouteKind
from bot.domain.quiet_hours import QuietHours
from bot.domain.templates import Approved
from bot.domain.updates import ChannelKind
from bot.library import Library
from tests.dialog.stage import MAI, NOW, ZONE, MakeStage, Stage, booked
from tests.facts import PLATFORMS, SCHEDULE

LINK = "https://t.me/GiotHongBot?start=r_7-abc-xyz"
TALK = ("Đăng ký", ">Đồng ý", ">Nhắc tôi", "Lò Thị Mai", "20/11/1990", "0912345678")
BY_UID = frozenset((RouteKind.TEMPLATE_UID,))


@pytest.fixture
def ahead(stage: MakeStage, library: Library) -> MakeStage:
    """Stages that look ahead; `approved` templates as (name, channel, ways)."""

    def make(*approved: tuple[str, str, frozenset[RouteKind]], has_oa: bool = False, **known: Any) -> Stage:
        made = stage(**known)
        outlook = Outlook(
            QuietHours(ZONE),
            library.rules.intervals,
            has_oa,
            link=lambda address, now: LINK,
            origin=lambda carried, now: {"good": 99, "own": made.dossier.address.id}.get(carried),
        )
        templates = {name: (Approved(name, ChannelKind(kind), "vi", "1", ways, ()),) for name, kind, ways in approved}
        made.catalogue = replace(made.catalogue, outlook=outlook, ways=Ways(PLATFORMS, templates, SCHEDULE))
        return made

    return make


def register(talk: Stage) -> Stage:
    """The page with the whole form is sent; its last answer stands on the stage."""
    drive = talk.catalogue.drives[0]
    talk.fill(
        {
            "consent": "yes", "reminder": "", "name": MAI.name, "birth_date": "20/11/1990", "phone": "0912345678",
            "unit": "3", "dangerous_work": "no", "slot": str(drive.slots[3].id),
        }
    )  # fmt: skip
    return talk


def test_it_asks_after_a_registration_that_could_not_be_reminded_of(ahead: MakeStage) -> None:
    talk = register(ahead(channel=ChannelKind.MESSENGER))
    assert talk.about == ["registration.confirmed", "route.ask"]
    assert [type(effect) for effect in talk.done] == [Register, AskRoute]
    assert (talk.last.link.url if talk.last.link else "") == LINK
    assert "30/11/2026" in talk.last.text
    assert talk.labels, "the menu stands under the last words"


@pytest.mark.parametrize(
    ("known", "approved"),
    [
        pytest.param({"channel": ChannelKind.TELEGRAM}, (), id="Telegram has no window"),
        pytest.param({"channel": ChannelKind.MESSENGER, "elsewhere": True}, (), id="they are on Telegram already"),
        pytest.param(
            {"channel": ChannelKind.MESSENGER, "asked_route_at": NOW - timedelta(days=29)}, (), id="asked this month"
        ),
        pytest.param({"channel": ChannelKind.ZALO}, (("drive-eve", "zalo", BY_UID),), id="a template will do"),
        pytest.param(
            {"channel": ChannelKind.MESSENGER, "has_oa": True},
            (("drive-eve", "zalo", frozenset((RouteKind.TEMPLATE_PHONE,))),),
            id="the phone will do",
        ),
    ],
)
def test_it_does_not_ask_when(ahead: MakeStage, known: dict[str, Any], approved: tuple[Any, ...]) -> None:
    talk = register(ahead(*approved, **known))
    assert "registration.confirmed" in talk.about
    assert "route.ask" not in talk.about
    assert AskRoute() not in talk.done


def test_it_asks_again_after_a_month(ahead: MakeStage) -> None:
    talk = register(ahead(channel=ChannelKind.MESSENGER, asked_route_at=NOW - timedelta(days=30)))
    assert AskRoute() in talk.done


def test_it_asks_nobody_without_a_bot(stage: MakeStage) -> None:
    assert "route.ask" not in register(stage(channel=ChannelKind.MESSENGER)).about


def test_it_asks_when_the_reminder_is_wanted(ahead: MakeStage) -> None:
    talk = ahead(channel=ChannelKind.ZALO, person=MAI, registrations=(booked(),))
    talk.press(f"c.{Purpose.REMINDER}.yes")
    assert talk.about == ["reminder.on", "route.ask"]
    assert "11/02/2027" in talk.last.text
    calm = ahead(("reminder", "zalo", BY_UID), channel=ChannelKind.ZALO, person=MAI, registrations=(booked(),))
    calm.press(f"c.{Purpose.REMINDER}.yes")
    assert calm.about == ["reminder.on"]


def test_it_never_asks_in_mid_form(ahead: MakeStage) -> None:
    talk = ahead(channel=ChannelKind.MESSENGER)
    for line in TALK:
        talk.play(line)
        assert "route.ask" not in talk.about


# --- The other end of the link ----------------------------------------------------------------------------------------


def test_it_joins_the_chat_that_the_link_opened(ahead: MakeStage) -> None:
    talk = ahead(new=True)
    talk.start("r_good")
    assert talk.done == [JoinPerson(99, "r_good")]
    assert "route.joined" in talk.about
    assert talk.conversation.ref == ""


@pytest.mark.parametrize(
    ("ref", "known", "about"),
    [
        pytest.param("r_bad", {}, "route.no-good", id="forged or too old"),
        pytest.param("r_own", {}, "route.no-good", id="their own"),
        pytest.param("r_good", {"person": MAI}, "route.known", id="somebody known here"),
    ],
)
def test_it_joins_nobody_by(ahead: MakeStage, ref: str, known: dict[str, Any], about: str) -> None:
    talk = ahead(**known)
    talk.start(ref)
    assert talk.done == []
    assert about in talk.about


def test_it_is_an_ordinary_start_where_nothing_is_offered(stage: MakeStage) -> None:
    talk = stage(new=True)
    assert talk.start("r_good") == ["greeting.hello"]
