"""A year of one OA: registrations, reminders, troubles; at its end everything has an outcome and nobody was harmed."""

import json
import logging
import random
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.year.house import Faults, under_virtual_time
from tests.year.ledger import Ledger, balance
from tests.year.people import Crowd
from tests.year.story import CONSENTED, REVOKED, Story, moment
from tests.year.town import Town
from tests.year.virtual import VirtualClock, VirtualLoop, run_virtually

ERRORS = {
    "The refresh token of account %d is dead: an admin of the OA must consent again",
    "Account %d is paused: %s %s",
}
"""What the program may call an error in this year: the grant that was taken back."""


def live(people: int, folder: Path, patch: pytest.MonkeyPatch, seed: int) -> Ledger:
    """The whole year of so many people; the ledger of its end."""
    random.seed(seed)  # the lane spreads its retries by chance

    async def year(loop: VirtualLoop) -> Ledger:
        clock = VirtualClock(moment(0, "07:50"), loop)
        town = Town(f"sqlite:///{folder / 'giothong.db'}", folder, clock, loop, seed)
        under_virtual_time(patch, clock, town.wire)
        await town.open()
        crowd = Crowd(town, people)
        await Story(town, crowd).tell()
        ledger = balance(town, crowd)
        ledger.figures |= {"people": people, **town.counts}
        await town.here.close()
        return ledger

    began, worked = time.perf_counter(), time.process_time()
    with _errors() as errors:
        ledger = run_virtually(year)
    ledger.expect(set(errors.lines) <= ERRORS, f"the log holds {sorted(set(errors.lines) - ERRORS)}")
    ledger.figures["seconds"] = round(time.perf_counter() - began, 1)
    ledger.figures["cpu_seconds"] = round(time.process_time() - worked, 1)
    return ledger


@contextmanager
def _errors() -> Iterator[Faults]:
    errors = Faults()
    parts = [logging.getLogger(name) for name in ("bot", "scheduler")]
    for part in parts:
        part.addHandler(errors)
    yield errors
    for part in parts:
        part.removeHandler(errors)


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    shutil.copy(sqlite_template, tmp_path / "giothong.db")
    return tmp_path


def test_a_small_year_balances(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = live(40, folder, monkeypatch, seed=1)
    _show(ledger)
    assert ledger.faults == []
    _everything_happened(ledger.figures)


@pytest.mark.long
def test_the_year_of_two_thousand_people_balances(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = live(2000, folder, monkeypatch, seed=1)
    _show(ledger)
    assert ledger.faults == []
    _everything_happened(ledger.figures)
    assert ledger.figures["messages"]["reminder text sent"] > 20


def _show(ledger: Ledger) -> None:
    """For `pytest -s`, and for whoever looks into a year that failed."""
    sys.stdout.write(json.dumps(ledger.figures, ensure_ascii=False, default=str, indent=1) + "\n")


def _everything_happened(figures: dict[str, Any]) -> None:
    """A year in which nothing went wrong would prove nothing."""
    assert figures["kills"] == 51
    assert figures["unknown"] > 0
    assert figures["intents"]["next-donation skipped zalo-window-over"] > 0  # the template was switched off
    assert figures["intents"]["next-donation skipped no-consent"] > 0
    assert figures["templates"]["eve"] > 0
    assert figures["templates"]["reminder"] > 0
    assert figures["refused"][-220] > 0  # the grant that was taken back, before we knew
    assert figures["refused"].get(-32, 0) < 40  # what a smaller package says until we have slowed down
    (lost,) = [one for one in figures["alarms"] if one[0] == "token-lost"]
    _, began, ended, told = lost
    assert REVOKED < began < REVOKED + timedelta(minutes=5)
    assert CONSENTED < ended < CONSENTED + timedelta(minutes=5)
    assert told > 0
