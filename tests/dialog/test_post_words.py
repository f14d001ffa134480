"""What everybody reads of a public post: links of its own are counted, the way to a place is not."""

import re

import pytest

from bot.dialog.broadcast_words import link_code
from bot.dialog.post_words import Links, Way, post_text
from bot.library.library import Library
from bot.library.reading import content_root

SITE = "https://giothong.example"
BLOOD = "https://vien.example.org/hien-mau?a=1&b=2"
WORDS = f"Xem {BLOOD}, rồi {BLOOD}. Hoặc https://khac.example."


def test_its_own_links_are_counted_and_the_way_is_not() -> None:
    way, links = Way("HM101", "https://m.me/trang?ref=HM101"), Links(SITE, 7)
    said = post_text(Library.load(content_root()), WORDS, way, links)
    first, second = (links.link(target) for target in (BLOOD, "https://khac.example"))
    assert said == f"Xem {first}, rồi {first}. Hoặc {second}.\n\n👉 Đăng ký hiến máu: {way.link}"
    assert re.fullmatch(rf"{SITE}/l/[0-9a-f]{{12}}", first)
    assert {f"{SITE}/l/{code}": target for code, target in links.targets(WORDS).items()} == {
        first: BLOOD,
        second: "https://khac.example",
    }


def test_links_of_two_posts_and_of_a_broadcast_are_counted_apart() -> None:
    codes = {code for post in (7, 8) for code in Links(SITE, post).targets(BLOOD)} | {link_code(7, BLOOD)}
    assert len(codes) == 3


def test_they_are_as_long_before_there_is_a_post() -> None:
    assert len(Links(SITE).put_in(WORDS)) == len(Links(SITE, 3_000_000_000_000).put_in(WORDS))


@pytest.mark.parametrize("site", ["", "http://127.0.0.1:8080", "http://hienmau.example"])
def test_where_nobody_would_come_to_our_address_they_stay_as_typed(site: str) -> None:
    assert (Links(site, 7).put_in(WORDS), Links(site, 7).targets(WORDS)) == (WORDS, {})
