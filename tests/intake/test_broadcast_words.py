"""What keeps a broadcast's words from going out, channel by channel, and what a preview shows."""

from datetime import date

import pytest

from bot.dialog.broadcast_words import counted_link
from bot.domain.broadcasts import Draft, Refusal, Refused
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.intake.broadcast_words import Said, check_words, previews
from bot.library import content_root
from bot.library.library import Library
from bot.storage.broadcast_surroundings import Surroundings
from tests.facts import LIMITS

SITE = "https://hien-mau.congdoanlaichau.example"
LINK = "https://a.vn/1"
AROUND = Surroundings("Liên đoàn Lao động tỉnh Mẫu")


@pytest.fixture(scope="module")
def said() -> Said:
    return Said(Library.load(content_root()), date(2026, 11, 23), LIMITS, SITE)


def draft(text: str, **more: object) -> Draft:
    return Draft(**{"purpose": MessagePurpose.NEWS, "unit_id": 1, "segment": "all", "words": (("vi", text),), **more})  # type: ignore[arg-type]


def why(said: Said, one: Draft) -> tuple[Refusal, str]:
    with pytest.raises(Refused) as caught:
        check_words(said, one, AROUND, {})
    return caught.value.why, caught.value.detail


def longest(said: Said) -> int:
    """Letters that fit beside the label and the stop line on the channel that carries least."""
    for count in range(max(one.text for one in LIMITS.values()), 0, -1):
        try:
            check_words(said, draft("a" * count), AROUND, {})
        except Refused:
            continue
        return count
    raise AssertionError


def test_what_a_channel_would_cut_in_two_is_too_long_and_the_channel_is_named(said: Said) -> None:
    fits = longest(said)
    assert fits > 500
    least = min((limits.text, kind) for kind, limits in LIMITS.items())[1]
    assert why(said, draft("a" * (fits + 1))) == (Refusal.TOO_LONG, f"{least.value.capitalize()} (vi): 1")
    check_words(said, draft("a" * fits), AROUND, {})


def test_its_links_are_counted_as_long_as_they_are_sent(said: Said) -> None:
    grows = len(counted_link(SITE, 7, LINK)) - len(LINK)
    fits = longest(said) - len(LINK) - 1
    check_words(said, draft("a" * (fits - grows) + " " + LINK), AROUND, {})
    assert why(said, draft("a" * (fits - grows + 1) + " " + LINK))[0] is Refusal.TOO_LONG


def test_a_preview_shows_where_links_lead_and_who_it_is_from(said: Said) -> None:
    shown = {one.channel: one.parts[0].text for one in previews(said, draft(f"Xem {LINK} nhé."), AROUND, "", "vi")}
    assert set(shown) == set(ChannelKind)
    for text in shown.values():
        assert f"Xem {LINK} nhé." in text
        assert AROUND.unit in text
        assert "dừng tin tức" in text


@pytest.mark.parametrize(
    ("one", "refused"),
    [
        pytest.param(draft("  "), Refusal.NO_WORDS, id="no words"),
        pytest.param(draft("Mời anh/chị.", topic="nothing"), Refusal.NO_SUCH_TOPIC, id="no such topic"),
        pytest.param(draft("Mời anh/chị.", image_id=5), Refusal.NO_IMAGE, id="a picture that is gone"),
        pytest.param(draft("Đổi cổng.", purpose=MessagePurpose.DRIVE), Refusal.NO_DRIVE, id="no drive"),
        pytest.param(draft("Đổi cổng.", template="drive-news"), Refusal.NO_TEMPLATE, id="a template nobody approved"),
    ],
)
def test_what_is_missing_is_named(said: Said, one: Draft, refused: Refusal) -> None:
    assert why(said, one)[0] is refused
