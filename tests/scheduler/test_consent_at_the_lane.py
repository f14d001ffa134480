"""The lane's last judgement: a consent that was taken back a moment ago stops what is already on its way."""

import pytest
from sqlalchemy import update

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.storage.erasing import erase_person
from bot.storage.tables import consents
from scheduler.sender import Sender
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape

NEEDED = {
    MessagePurpose.DRIVE: Purpose.REGISTRATION,
    MessagePurpose.REMINDER: Purpose.REMINDER,
    MessagePurpose.NEWS: Purpose.NEWS,
    MessagePurpose.URGENT: Purpose.URGENT,
}


@pytest.fixture
def account(stage: Stage) -> Account:
    return stage.rows.account()


async def send(stage: Stage, account: Account) -> Tape:
    tape = Tape()
    parts = stage.parts({ChannelKind.TELEGRAM: tape}, [account])
    assert isinstance(parts.sender, Sender)
    await parts.sender.send_due()
    return tape


def withdraw(stage: Stage, person: int, purpose: Purpose) -> None:
    change = update(consents).where(consents.c.contact_id == person, consents.c.purpose == purpose.value)
    stage.db.write_now(lambda c: c.execute(change.values(withdrawn_at=stage.clock.now)))


@pytest.mark.parametrize("purpose", NEEDED)
async def test_it_sends_nothing_without_the_consent_of_its_purpose(
    stage: Stage, account: Account, purpose: MessagePurpose
) -> None:
    one, other = (stage.rows.person(account, user) for user in ("1", "2"))
    gone = stage.rows.message(account, one, "x", purpose)
    stays = stage.rows.message(account, other, "y", purpose)
    withdraw(stage, one, NEEDED[purpose])
    tape = await send(stage, account)
    assert tape.texts == ["y"]
    assert [(row.state, row.reason) for row in stage.rows.outbox(gone)] == [("skipped", "consent-withdrawn")]
    assert stage.rows.states(stays) == ["sent"]


@pytest.mark.parametrize("purpose", NEEDED)
async def test_it_sends_again_when_the_consent_was_given_again(
    stage: Stage, account: Account, purpose: MessagePurpose
) -> None:
    person = stage.rows.person(account, "1")
    stage.rows.message(account, person, "x", purpose)
    withdraw(stage, person, NEEDED[purpose])
    stage.rows.consent(person, NEEDED[purpose])
    assert (await send(stage, account)).texts == ["x"]


async def test_it_takes_no_other_consent_for_the_one_that_is_needed(stage: Stage, account: Account) -> None:
    person = stage.rows.person(account, "1")
    stage.rows.message(account, person, "x", MessagePurpose.NEWS)
    stage.rows.consent(person, Purpose.URGENT)
    withdraw(stage, person, Purpose.NEWS)
    assert (await send(stage, account)).texts == []


@pytest.mark.parametrize("purpose", [MessagePurpose.REPLY, MessagePurpose.STAFF])
async def test_it_answers_without_any_consent(stage: Stage, account: Account, purpose: MessagePurpose) -> None:
    stage.rows.message(account, stage.rows.person(account, "1"), "x", purpose)
    assert (await send(stage, account)).texts == ["x"]


async def test_it_sends_nothing_but_the_goodbye_after_an_erasure(stage: Stage, account: Account) -> None:
    person = stage.rows.person(account, "1")
    for purpose in NEEDED:
        stage.rows.message(account, person, "x", purpose)
    stage.rows.message(account, person, "goodbye")
    stage.db.write_now(lambda c: erase_person(c, stage.ring, person, stage.clock.now, source="chat"))
    assert (await send(stage, account)).texts == ["goodbye"]
