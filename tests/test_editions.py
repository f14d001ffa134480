"""The content while the program runs: a quiet change is taken, a broken one is told and changes nothing."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.editions import ContentWatch, Edition
from bot.library.library import Library
from bot.library.reading import content_root

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TITLE = '  vi: "Bao lâu hiến lại?"'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(content_root(), tmp_path / "content"))


@pytest.fixture
def taken() -> list[Edition]:
    return []


@pytest.fixture
def watch(root: Path, taken: list[Edition]) -> ContentWatch:
    return ContentWatch(root, lambda folder: Edition.of(Library.load(folder)), taken.append, lambda: NOW)


def change(root: Path, old: str, new: str) -> None:
    """In the file of one topic; its time moves on even where clocks are coarse."""
    file = root / "topics" / "interval.yaml"
    words = file.read_text(encoding="utf-8")
    assert old in words
    file.write_text(words.replace(old, new, 1), encoding="utf-8")
    at = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(file, ns=(at, at))


async def test_it_takes_a_change_once_it_is_quiet(root: Path, watch: ContentWatch, taken: list[Edition]) -> None:
    change(root, TITLE, '  vi: "Mấy tháng hiến lại?"')
    await watch.look()
    assert taken == []
    await watch.look()
    assert [edition.library.text("topic.interval.title", "vi") for edition in taken] == ["Mấy tháng hiến lại?"]
    await watch.look()
    assert len(taken) == 1


async def test_it_reads_nothing_while_nothing_changes(watch: ContentWatch, taken: list[Edition]) -> None:
    await watch.look()
    await watch.look()
    assert (taken, watch.state.faults) == ([], ())


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ('  vi: "Bao lâu', "not YAML"),
        ('  vi: "Một nhãn dài hơn hai mươi chữ"', "a button takes 20"),
        ('  vi: "{nobody} hiến lại?"', "nobody"),
    ],
)
async def test_it_keeps_the_last_good_version_and_says_so(
    root: Path, watch: ContentWatch, taken: list[Edition], new: str, reason: str
) -> None:
    change(root, TITLE, new)
    await watch.look()
    await watch.look()
    assert taken == []
    assert any(str(fault).startswith("content/topics/interval.yaml:") for fault in watch.state.faults)
    assert any(reason in fault.reason for fault in watch.state.faults)
    change(root, new, TITLE)
    await watch.look()
    await watch.look()
    assert len(taken) == 1
    assert watch.state.faults == ()


async def test_it_survives_whatever_goes_wrong(root: Path, taken: list[Edition]) -> None:
    def broken(folder: Path) -> Edition:
        raise KeyError("anything")

    watch = ContentWatch(root, broken, taken.append, lambda: NOW)
    change(root, TITLE, TITLE + " ")
    await watch.look()
    await watch.look()
    assert [fault.reason for fault in watch.state.faults] == ["it cannot be read (KeyError)"]


async def test_it_survives_a_folder_that_is_gone(root: Path, watch: ContentWatch, taken: list[Edition]) -> None:
    shutil.rmtree(root)
    await watch.look()
    await watch.look()
    assert taken == []
    assert watch.state.faults
