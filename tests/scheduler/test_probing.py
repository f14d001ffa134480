"""A paused account that is well again speaks again; one that is not, or that only people can repair, stays silent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.base import Account, Health
from bot.storage.accounts import pause
from bot.storage.tables import accounts, audit
from scheduler.parts import Parts
from scheduler.probing import probe
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape


class Patient(Tape):
    """A channel whose health a test sets."""

    health = Health(True, {})
    looks = 0

    async def check(self, account: Account) -> Health:
        self.looks += 1
        return self.health


@pytest.fixture
def patient() -> Patient:
    return Patient()


@pytest.fixture
def paused(stage: Stage, patient: Patient) -> Parts:
    account = stage.rows.account()
    parts = replace(stage.with_tape(patient, account), accounts=(account,), channels={patient.kind: patient})
    stage.db.write_now(lambda c: pause(c, account.id, "misconfigured 401", stage.clock()))
    return parts


def still_paused(parts: Parts) -> bool:
    return parts.db.read_now(lambda c: c.execute(select(accounts.c.paused_at)).scalar_one()) is not None


def noted(parts: Parts) -> list[tuple[str, str]]:
    rows = parts.db.read_now(lambda c: c.execute(select(audit.c.who, audit.c.action)).all())
    return [(row.who, row.action) for row in rows]


async def test_it_lets_a_healthy_account_go_on_and_says_so_in_the_audit(
    stage: Stage, paused: Parts, patient: Patient
) -> None:
    assert await probe(paused) == 0
    assert patient.looks == 0
    stage.clock.now += timedelta(minutes=1)
    assert await probe(paused) == 1
    assert not still_paused(paused)
    assert noted(paused) == [("health-probe", "account-resumed")]


async def test_it_looks_again_later_where_the_account_is_still_ill(
    stage: Stage, paused: Parts, patient: Patient
) -> None:
    patient.health = Health(False, {}, "the token belongs to another page")
    for _ in range(16):
        stage.clock.now += timedelta(minutes=1)
        assert await probe(paused) == 0
    assert patient.looks == 3
    assert still_paused(paused)


async def test_only_one_of_two_that_look_at_once_lets_it_go_on(stage: Stage, paused: Parts, patient: Patient) -> None:
    there = replace(paused, sender=stage.with_tape(patient, paused.accounts[0], owner="there").sender)
    stage.clock.now += timedelta(minutes=1)
    assert sorted(await asyncio.gather(probe(paused), probe(there))) == [0, 1]
    assert len(noted(paused)) == 1
