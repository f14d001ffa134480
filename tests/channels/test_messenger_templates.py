"""Our words as utility templates: numbered, handed in as Meta wants them, filled in the order of their own language."""

from dataclasses import replace

import pytest

from bot.channels.base import Rejected
from bot.channels.messenger import Messenger
from bot.channels.messenger_templates import TemplateTold, numbered, submission
from bot.domain.messages import Message
from bot.domain.platforms import RouteKind
from bot.domain.templates import Approved, Form, call_for
from bot.domain.updates import ChannelKind
from bot.library import Library, content_root
from tests.channels.messenger_ground import ACCOUNT, USER
from tests.platforms import FakeMessenger

FORMS = [form for form in Library.load(content_root()).forms.values() if form.channel is ChannelKind.MESSENGER]
EACH = [(form, language) for form in FORMS for language in form.words]
EVE = next(form for form in FORMS if form.name == "drive-eve")


def test_numbers_places_in_the_order_of_the_words() -> None:
    assert EVE.places_in("vi") == ("short_name", "drive", "time", "date", "place", "ticket")
    assert "Chào {{1}}, anh/chị đã đăng ký hiến máu: {{2}}." in numbered(EVE, "vi")
    body = submission(EVE, "vi")["components"][0]
    assert body["example"]["body_text"][0][:2] == ["Mai", "Ngày hội hiến máu CNVCLĐ"]
    swapped = replace(EVE, words={"vi": "Ngày {date}, {short_name} nhé ạ."}, params=(EVE.params[0], EVE.params[3]))
    assert (swapped.places_in("vi"), numbered(swapped, "vi")) == (("date", "short_name"), "Ngày {{1}}, {{2}} nhé ạ.")


@pytest.mark.parametrize(("form", "language"), EACH, ids=[f"{form.name}-{language}" for form, language in EACH])
async def test_every_form_is_taken_and_can_be_sent(
    messenger: Messenger, fake_messenger: FakeMessenger, form: Form, language: str
) -> None:
    told = await messenger.submit_template(ACCOUNT, form, language)
    assert told == TemplateTold(form.platform_name, language, "approved", body=numbered(form, language))
    assert await messenger.templates(ACCOUNT) == (told,)
    places = form.places_in(language)
    known = Approved(
        form.name, ChannelKind.MESSENGER, language, form.platform_name, frozenset((RouteKind.UTILITY,)),
        tuple((name, name) for name in places),
    )  # fmt: skip
    values = {param.name: param.example for param in form.params}
    fake_messenger.touch(USER)
    fake_messenger.advance(days=84)
    call = call_for(form, known, values, RouteKind.UTILITY)
    await messenger.send(ACCOUNT, USER, Message("", template=call), "k")
    assert [value for _, value in fake_messenger.sent[-1].params] == [values[name] for name in places]


async def test_reads_every_page_of_the_list(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.templates.page_size = 2
    for number in range(5):
        fake_messenger.templates.approve(f"t_{number}", 0)
    assert [told.name for told in await messenger.templates(ACCOUNT)] == [f"t_{number}" for number in range(5)]


async def test_says_why_one_was_rejected(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.templates.verdicts[EVE.platform_name] = ("REJECTED", "TAG_SHOULD_BE_MARKETING")
    assert (await messenger.submit_template(ACCOUNT, EVE, "vi")).status == "disabled"
    (told,) = await messenger.templates(ACCOUNT)
    assert (told.status, told.reason) == ("disabled", "TAG_SHOULD_BE_MARKETING")


async def test_a_name_is_taken_once(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    await messenger.submit_template(ACCOUNT, EVE, "vi")
    with pytest.raises(Rejected):
        await messenger.submit_template(ACCOUNT, EVE, "vi")
    changed = replace(EVE, version=2)
    assert (await messenger.submit_template(ACCOUNT, changed, "vi")).name == "drive_eve_v2"
    assert len(fake_messenger.templates.rows) == 2


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("{time} là giờ của anh/chị nhé.", id="at the beginning"),
        pytest.param("Giờ của anh/chị là {time}", id="at the end"),
        pytest.param("Giờ của anh/chị: {time} {date} nhé.", id="side by side"),
        pytest.param("Giờ: {time} ạ, {thật} đấy.", id="braces"),
    ],
)
async def test_the_strict_graph_rejects_what_meta_rejects(
    messenger: Messenger, fake_messenger: FakeMessenger, words: str
) -> None:
    params = tuple(param for param in EVE.params if f"{{{param.name}}}" in words)
    with pytest.raises(Rejected):
        await messenger.submit_template(ACCOUNT, replace(EVE, words={"vi": words}, params=params), "vi")
    assert fake_messenger.templates.rows == {}
