"""It proves the content on every channel: one message each, buttons that read whole, menus that can be told apart."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.channels.fit import fit
from bot.library import content_root
from bot.library.on_channels import on_channels
from tests.library.conftest import FILES

Damage = Callable[..., Path]

PLACES = "placeholders:\n  name: a name\n  day: a date\n  link: an address\nlongest:\n  name: 60\n  label.day: 9\n"
DIALOG = 'version: 3\ntexts:\n  greeting.hello: {vi: "Chào {name}", en: "Hello {name}"}\n  label.menu: {vi: Menu, en: Menu}\n'


@pytest.fixture
def channels(content: Damage) -> Damage:
    """The small content folder with the real platforms beside it."""

    def write(changed: dict[str, str | None] | None = None) -> Path:
        interval = FILES["topics/interval.yaml"].replace(", menu.menu", "")  # the menu comes by itself
        root = content({"placeholders.yaml": PLACES, "topics/interval.yaml": interval, **(changed or {})})
        shutil.copytree(content_root() / "platforms", root / "platforms", dirs_exist_ok=True)
        return root

    return write


def told(root: Path) -> list[str]:
    return [str(finding) for finding in on_channels(root, fit)]


def test_it_finds_nothing_wrong_with_the_real_content() -> None:
    assert told(content_root()) == []


def test_it_finds_nothing_wrong_with_a_sound_folder(channels: Damage) -> None:
    assert told(channels()) == []


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        pytest.param(
            f"  a.b: {{vi: \"{'x' * 1890} {{name}}\"}}",
            ["a.b (vi): 1951 characters with its longest values are 2 messages on messenger; one takes 1900"],
            id="too long for Messenger with a long name",
        ),
        pytest.param(
            f"  a.b: {{vi: \"{'x' * 1951} {{day}}\", en: short}}",
            [
                "a.b (vi): 1992 characters with its longest values are 2 messages on messenger; one takes 1900",
            ],
            id="Zalo still takes it",
        ),
        pytest.param(
            f"  a.b: {{vi: \"{'🩸' * 1001}\"}}",
            [
                "a.b (vi): 1001 characters with its longest values are 2 messages on messenger; one takes 1900",
                "a.b (vi): 1001 characters with its longest values are 2 messages on zalo; one takes 2000",
            ],
            id="signs outside the plane count twice",
        ),
        pytest.param(
            "  label.long: {vi: \"Đổi sang ngày {day} nhé\"}",
            ["label.long (vi): 27 characters with its longest values, a button on messenger takes 20"],
            id="a button with its value",
        ),
        pytest.param("  label.day: {vi: \"Đổi sang {day}\"}", [], id="a value is shorter on a button"),
        pytest.param("  a.b: {vi: \"{link}\"}", [], id="a link"),
        pytest.param("  a.b: {vi: \"{\"}", [], id="a broken template is told elsewhere"),
    ],
)  # fmt: skip
def test_it_names_file_line_and_channel(channels: Damage, line: str, faults: list[str]) -> None:
    root = channels({"dialog/talk.yaml": f"{DIALOG}{line}\n"})
    assert told(root) == [f"content/dialog/talk.yaml:5: error: {fault}" for fault in faults]


def test_what_browsers_show_has_no_limit(channels: Damage) -> None:
    long = "x" * 5000
    root = channels({"pages/help.yaml": f"version: 1\ntexts:\n  page.help: {{vi: {long}, en: {long}}}\n"})
    assert told(root) == []


TOPIC = (
    "id: topic.{name}\nkind: service\ntitle: {{vi: {title}, en: {name}}}\ntext: {{vi: Một, en: One}}\n"
    "reviewed: {{by_role: editor, on: 2026-01-01}}\nreview_by: 2036-01-01\nnext: [{next}]\n"
)


def test_buttons_of_one_menu_read_differently(channels: Damage) -> None:
    root = channels(
        {
            "topics/one.yaml": TOPIC.format(name="one", title="Một", next="topic.two, topic.three"),
            "topics/two.yaml": TOPIC.format(name="two", title="Trước khi hiến", next=""),
            "topics/three.yaml": TOPIC.format(name="three", title="trước khi hiến", next=""),
        }
    )
    assert told(root) == [
        "content/topics/one.yaml:1: error: topic.one (vi): two buttons of its menu say 'trước khi hiến'"
    ]


def test_a_payload_fits_every_channel(channels: Damage) -> None:
    name = "x" * 80
    root = channels(
        {
            "topics/one.yaml": TOPIC.format(name="one", title="Một", next=f"topic.{name}"),
            "topics/two.yaml": TOPIC.format(name=name, title="Hai", next=""),
        }
    )
    found = [fault for fault in told(root) if "carries more" in fault]
    assert all(fault.startswith("content/topics/one.yaml:1: error: topic.one: the button to t.xxx") for fault in found)
    assert [fault.rpartition(" ")[2] for fault in found] == ["telegram", "web"]


@pytest.mark.parametrize(
    ("longest", "fault"),
    [
        pytest.param("  nobody: 5", "nobody is no placeholder", id="a name that fills nothing"),
        pytest.param("  name: -5", "name needs a number of characters from 1 to 2000", id="a negative length"),
        pytest.param("  name: lots", "longest.name should be a number", id="words"),
    ],
)
def test_the_longest_values_are_checked(channels: Damage, longest: str, fault: str) -> None:
    root = channels({"placeholders.yaml": f"placeholders:\n  name: a name\n  day: a date\nlongest:\n{longest}\n"})
    found = told(root)
    assert found[0].startswith("content/placeholders.yaml:5: error: ")
    assert fault in found[0]
