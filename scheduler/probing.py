"""Looks from outside at accounts that are paused, ever less often, and lets those speak again that are well."""

import logging
from datetime import timedelta

from sqlalchemy import Connection

from bot.channels.base import SendError
from bot.domain.probing import probe_due
from bot.storage.accounts import load_accounts, resume
from bot.storage.audit import note
from scheduler.parts import Parts

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=60)
WHO = "health-probe"


async def probe(parts: Parts) -> int:
    """One look at each paused account whose time has come; returns how many were let go on."""
    due = await parts.db.read(lambda c: _due(c, parts))
    return sum([await _look(parts, account_id) for account_id in due])


def _due(connection: Connection, parts: Parts) -> list[int]:
    """Paused accounts whose look is due. Two processes may look in the same minute: a question more, and only one of them resumes."""
    now = parts.clock()
    return [
        row.id
        for row in load_accounts(connection)
        if row.paused_at is not None and probe_due(row.paused_at, row.paused_reason or "", now - EVERY, now)
    ]


async def _look(parts: Parts, account_id: int) -> bool:
    account = next((one for one in parts.accounts if one.id == account_id), None)
    channel = parts.channels.get(account.kind) if account is not None else None
    if account is None or channel is None:
        return False
    try:
        health = await channel.check(account)
    except SendError:
        return False
    if not health.ok:
        return False
    woken = await parts.db.write(lambda c: _wake(c, parts, account_id))
    if woken:
        log.info("Account %d is well again and sends", account_id)
        parts.sender.nudge([account_id])
    return woken


def _wake(connection: Connection, parts: Parts, account_id: int) -> bool:
    if not resume(connection, account_id):
        return False
    note(connection, parts.clock(), WHO, "account-resumed", str(account_id))
    return True
