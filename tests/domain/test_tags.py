"""Tags as staff type them; words about health are refused however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.segments import TAG, Tagged, parse
from bot.domain.tags import TagFault, is_about_health, tag_of


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("standby", "standby"), (" Dự bị ", "du-bi"), ("Đoàn_trường", "doan-truong"), ("k65", "k65"), ("Trung thu", "trung-thu"),
     ("chi viện", "chi-vien"), ("hôm nay", "hom-nay")],
)  # fmt: skip
def test_it_takes_words(typed: str, tag: str) -> None:
    assert tag_of(typed) == tag
    assert parse(f"tag:{tag}") == Tagged(tag)


@pytest.mark.parametrize(
    "typed",
    ["HIV", "hiv-duong", "viêm gan B", "viemgan", "Nhóm máu O", "nhommau", "nhóm O", "ốm", "bệnh", "bệnh tim", "A dương", "O", "AB",
     "ung thư", "mang thai", "hepatitis-b", "Tạm hoãn"],
)  # fmt: skip
def test_it_refuses_words_about_health(typed: str) -> None:
    assert tag_of(typed) is TagFault.HEALTH


@pytest.mark.parametrize("typed", ["", "-", "a" * 31, "hai,ba", "<b>", "0912 345 678 !"])
def test_it_refuses_what_is_no_tag(typed: str) -> None:
    assert tag_of(typed) is TagFault.FORM


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_tag_or_a_fault(typed: str) -> None:
    tag = tag_of(typed)
    assert isinstance(tag, TagFault) or (TAG.fullmatch(tag) and not is_about_health(tag))
