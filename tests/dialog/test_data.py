"""My data and its erasure, and the code that links staff."""

from datetime import date

import pytest

from bot.dialog.respond import respond
from bot.dialog.turns import Erase, LinkStaff, Refused, ShowData
from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation, Handoff
from bot.domain.updates import AskedErasure, Said
from tests.dialog.stage import FIRST, MAI, ME, NOW, MakeStage, booked

TALKING = Conversation(greeted=True, handoff=Handoff.TALKING, handoff_since=NOW)


@pytest.mark.parametrize("typed", ["/dulieu", "dữ liệu của tôi", "du lieu cua toi", "my data", "xem dữ liệu"])
def test_it_tells_the_kinds_of_data_and_never_the_full_set(stage: MakeStage, typed: str) -> None:
    held = frozenset({Purpose.REGISTRATION, Purpose.URGENT})
    chat = stage(
        person=MAI, registrations=(booked(),), consents=held, last_given_on=date(2026, 3, 1), knows_blood_group=True
    )
    assert chat.say(typed) == ["data.held"]
    assert chat.done == [ShowData()]
    text = chat.last.text
    for part in ("L.T.M.", "…678", "07:30", "Nhóm máu", "giữ chỗ, gọi khẩn cấp", "30 ngày"):
        assert part in text
    for secret in ("Mai", "912345", "1990", "O+"):
        assert secret not in text
    assert chat.last.link is not None
    assert chat.last.link.url == ME
    assert chat.labels == ["Điều tôi đồng ý", "Xoá hết", "Menu"]


def test_it_says_honestly_how_little_is_held_of_a_stranger(stage: MakeStage) -> None:
    chat = stage(new=True)
    assert chat.say("/dulieu") == ["data.nothing"]
    assert "không giữ tên" in chat.last.text
    assert chat.labels == ["Điều tôi đồng ý", "Xoá hết", "Menu"]


@pytest.mark.parametrize("typed", ["/xoa", "xóa dữ liệu của tôi", "xoa het du lieu", "erase my data"])
def test_it_erases_after_one_question(stage: MakeStage, typed: str) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    assert chat.say(typed) == ["erase.ask"]
    assert chat.done == []
    assert "dành cho người khác" in chat.last.text
    assert chat.labels == ["Xoá hết", "Không"]
    assert chat.tap("Xoá hết") == ["erase.done"]
    assert chat.done == [Erase()]
    assert not chat.said.keep_words
    assert chat.conversation.form is None
    assert chat.dossier.person is None


def test_it_asks_again_at_an_old_button(stage: MakeStage) -> None:
    chat = stage(person=MAI)
    chat.play("/xoa", "menu")
    assert chat.press("e.yes") == ["erase.ask"]
    assert chat.done == []
    assert chat.press("e.yes") == ["erase.done"]
    assert chat.press("e.yes") == ["erase.ask"]
    assert chat.done == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("xoa het", ["erase.done"]),
        ("Xóa hết", ["erase.done"]),
        ("1", ["erase.done"]),
        ("không", ["erase.kept"]),
        ("2", ["erase.kept"]),
        ("thôi", ["erase.kept"]),
        ("có", ["erase.say-it"]),
        ("dạ", ["erase.say-it"]),
        ("hiến máu có đau không?", ["topic.needle"]),
    ],
)
def test_it_erases_only_at_the_very_words(stage: MakeStage, typed: str, answer: list[str]) -> None:
    chat = stage(person=MAI)
    chat.say("/xoa")
    assert chat.say(typed) == answer
    assert (Erase() in chat.done) is (answer == ["erase.done"])


@pytest.mark.parametrize("yes", [">Xoá hết", "xoá hết"])
def test_it_erases_in_mid_form_and_while_staff_talk(stage: MakeStage, yes: str) -> None:
    chat = stage(drives=(FIRST,))
    chat.play("/dangky", ">Đồng ý", ">Không cần", "/xoa")
    assert chat.play(yes) == ["erase.done"]
    assert chat.form is None
    owned = stage(person=MAI, conversation=TALKING)
    owned.say("/xoa")
    assert owned.play(yes) == ["erase.done"]
    assert owned.conversation.handoff is Handoff.NONE


def test_it_does_not_take_words_for_staff_as_the_answer(stage: MakeStage) -> None:
    chat = stage(person=MAI, conversation=TALKING)
    chat.say("/xoa")
    assert chat.say("1") == []
    assert chat.say("xoá hết") == []
    assert chat.press("e.yes") == ["erase.ask"]


def test_it_keeps_the_language_when_it_erases(stage: MakeStage) -> None:
    chat = stage(conversation=Conversation(language="en", greeted=True))
    assert chat.play("/xoa", ">Erase") == ["erase.done"]
    assert chat.last.text.startswith("Done")


def test_it_erases_without_words_when_the_platform_asks(stage: MakeStage) -> None:
    chat = stage(person=MAI)
    assert chat.hear(AskedErasure()) == []
    assert chat.done == [Erase()]


@pytest.mark.parametrize("typed", ["/canbo K7QX-2MPD", "can bo k7qx2mpd", "cán bộ K7QX 2MPD"])
def test_it_links_staff_and_changes_nothing_else(stage: MakeStage, typed: str) -> None:
    chat = stage(drives=(FIRST,))
    chat.play("/dangky", ">Đồng ý")
    before = chat.conversation
    assert chat.say(typed) == ["staff.linked"]
    (effect,) = chat.done
    assert isinstance(effect, LinkStaff)
    assert effect.code.upper().replace("-", "").replace(" ", "") == "K7QX2MPD"
    assert not chat.said.keep_words
    assert chat.conversation == before
    turn = respond(chat.talk(), Refused(effect))
    assert [message.text[:6] for message in turn.messages] == ["Mã này"]
    assert turn.conversation == before


@pytest.mark.parametrize("typed", ["gặp cán bộ", "cán bộ", "can bo truc"])
def test_it_does_not_take_a_wish_for_a_human_for_a_code(stage: MakeStage, typed: str) -> None:
    chat = stage()
    chat.hear(Said(typed))
    assert not any(isinstance(effect, LinkStaff) for effect in chat.done)
