"""It registers a page with everything people see of it, and notices what is missing from outside."""

from dataclasses import replace

import pytest

from bot.channels.base import Misconfigured, Rejected
from bot.channels.messenger import Messenger
from bot.channels.messenger_profile import MENU, Profile, profiles
from bot.dialog.payloads import Go, parse
from bot.dialog.taps import PLACES
from bot.library import Library, content_root
from tests.channels.messenger_ground import ACCOUNT
from tests.platforms import FakeMessenger
from tests.platforms.messenger_shapes import FIELDS

WORDS = profiles(Library.load(content_root()).text, "vi")


async def test_subscribes_and_checks(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    assert "set-webhook" in (await messenger.check(ACCOUNT)).problem
    assert await messenger.set_webhook(ACCOUNT, WORDS) == ()
    assert set(fake_messenger.subscribed) == FIELDS - {"messaging_optins"} | {fake_messenger.status_field}
    health = await messenger.check(ACCOUNT)
    assert (health.ok, health.facts["page"]) == (True, "Giọt Hồng thử")
    wrong = replace(ACCOUNT, secrets={**ACCOUNT.secrets, "token": "EAAwrong"})
    assert (await messenger.check(wrong)).problem.endswith("(190)")
    assert not (await messenger.check(replace(ACCOUNT, secrets={}))).ok


async def test_sets_greeting_start_and_menu_in_each_language(
    messenger: Messenger, fake_messenger: FakeMessenger
) -> None:
    await messenger.set_webhook(ACCOUNT, WORDS)
    profile = fake_messenger.profile
    assert profile["get_started"] == {"payload": "GET_STARTED"}
    assert [one["locale"] for one in profile["greeting"]] == ["default", "vi_VN", "en_US"]
    default, _, english = profile["persistent_menu"]
    assert default["call_to_actions"][0] == {"type": "postback", "title": "Đăng ký hiến máu", "payload": "m.register"}
    assert english["call_to_actions"][0]["title"] == "Register"
    assert not any(menu["composer_input_disabled"] for menu in profile["persistent_menu"])


@pytest.mark.parametrize("payload", [payload for _, payload in MENU])
def test_offers_only_places_that_the_talk_knows(payload: str) -> None:
    place = parse(payload)
    assert isinstance(place, Go)
    assert place.place in PLACES


async def test_takes_ice_breakers_away_and_misses_the_start_button(
    messenger: Messenger, fake_messenger: FakeMessenger
) -> None:
    await messenger.set_webhook(ACCOUNT, WORDS)
    fake_messenger.profile["ice_breakers"] = [{"question": "Hiến máu ở đâu?", "payload": "x"}]
    assert "ice breakers" in (await messenger.check(ACCOUNT)).problem
    await messenger.set_webhook(ACCOUNT, WORDS)
    assert (await messenger.check(ACCOUNT)).ok
    del fake_messenger.profile["get_started"]
    assert "no Get Started button" in (await messenger.check(ACCOUNT)).problem


@pytest.mark.parametrize("name", ["messenger_template_status_update", "message_template_status_update"])
async def test_finds_the_name_under_which_this_graph_knows_a_templates_status(
    messenger: Messenger, fake_messenger: FakeMessenger, name: str
) -> None:
    fake_messenger.status_field = name
    assert await messenger.set_webhook(ACCOUNT, WORDS) == ()
    assert name in fake_messenger.subscribed


async def test_goes_on_without_what_meta_refuses(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.status_field = "another_name_again"
    assert await messenger.set_webhook(ACCOUNT, WORDS) == ("message_template_status_update",)
    assert "feed" in fake_messenger.subscribed


async def test_counts_only_our_own_apps_fields(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    await messenger.set_webhook(ACCOUNT, WORDS)
    fake_messenger.app_id = "880000000000010"
    assert "does not send messages" in (await messenger.check(ACCOUNT)).problem


async def test_says_when_a_profile_is_refused(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    with pytest.raises(Rejected):
        await messenger.set_webhook(ACCOUNT, (Profile("default", "x" * 161, WORDS[0].menu),))
    with pytest.raises(Misconfigured):
        await messenger.set_webhook(replace(ACCOUNT, secrets={}), WORDS)
    assert fake_messenger.profile == {}
