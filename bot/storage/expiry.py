"""Rows whose time of keeping is over and that go as they are: proofs, requests, figures, words about pressure."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, or_, select, tuple_, update

from bot.domain.outbox import OPEN
from bot.domain.retention import Retention
from bot.storage.housekeeping import PAGE
from bot.storage.ids import id_at
from bot.storage.tables import (
    attempts,
    audit,
    broadcasts,
    consent_proofs,
    consents,
    data_requests,
    intents,
    outbox,
    pressure_reports,
    recipients,
)

SLACK = timedelta(days=1)
"""Ids grow with time, so the old rows lie at the beginning; the clock that made the id may have been a little off."""


def drop_proofs(connection: Connection, before: datetime) -> int:
    old = select(consent_proofs.c.id).where(consent_proofs.c.erased_at <= before).limit(PAGE)
    return connection.execute(delete(consent_proofs).where(consent_proofs.c.id.in_(old))).rowcount


def drop_withdrawn(connection: Connection, before: datetime) -> int:
    """Consents that were taken back, of people whom we still know."""
    old = select(consents.c.id).where(consents.c.withdrawn_at <= before).limit(PAGE)
    return connection.execute(delete(consents).where(consents.c.id.in_(old))).rowcount


def drop_requests(connection: Connection, before: datetime) -> int:
    """What nobody has done yet stays until it is."""
    ended = data_requests.c.asked_at <= before, data_requests.c.done_at.is_not(None)
    old = select(data_requests.c.id).where(*ended).limit(PAGE)
    return connection.execute(delete(data_requests).where(data_requests.c.id.in_(old))).rowcount


def drop_audit(connection: Connection, before: datetime) -> int:
    old = select(audit.c.id).where(audit.c.id < id_at(before + SLACK), audit.c.at <= before).limit(PAGE)
    return connection.execute(delete(audit).where(audit.c.id.in_(old))).rowcount


def drop_messages(connection: Connection, before: datetime) -> int:
    """Messages that ended so long ago that no report counts them, with their attempts."""
    ids = _old(connection, outbox, before, outbox.c.state.not_in(OPEN))
    if ids:
        connection.execute(delete(attempts).where(attempts.c.outbox_id.in_(ids)))
        connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))
    return len(ids)


def drop_intents(connection: Connection, before: datetime) -> int:
    """Intents that ended as long ago; one that was rendered goes after its messages."""
    rendered = exists().where(outbox.c.intent_id == intents.c.id)
    ids = _old(connection, intents, before, and_(intents.c.state != "waiting", ~rendered))
    if ids:
        connection.execute(delete(intents).where(intents.c.id.in_(ids)))
    return len(ids)


def _old(connection: Connection, table: Table, before: datetime, ended: ColumnElement[bool]) -> list[int]:
    row = table.c
    query = select(row.id).where(row.id < id_at(before + SLACK), row.created_at <= before, ended)
    rows = query.order_by(row.id).limit(PAGE).with_for_update(skip_locked=True)
    return list(connection.execute(rows).scalars())


def drop_recipients(connection: Connection, before: datetime) -> int:
    """Who was among the people of a broadcast that ended so long ago: its messages go at the same age."""
    ended = select(broadcasts.c.id).where(broadcasts.c.finished_at <= before)
    row = tuple_(recipients.c.broadcast_id, recipients.c.contact_id)
    old = select(recipients.c.broadcast_id, recipients.c.contact_id).where(recipients.c.broadcast_id.in_(ended))
    return connection.execute(delete(recipients).where(row.in_(old.limit(PAGE)))).rowcount


def forget_pressure(connection: Connection, keep: Retention, now: datetime) -> int:
    """The words of reports: a while after they were dealt with, or when nobody did for long. The row counts on."""
    closed = pressure_reports.c.closed_at <= now - keep.words
    unclaimed = pressure_reports.c.said_on <= now - keep.registrations - keep.unreported
    told = pressure_reports.c.words_sealed.is_not(None) | pressure_reports.c.address_id.is_not(None)
    old = select(pressure_reports.c.id).where(told, or_(closed, unclaimed)).limit(PAGE)
    statement = update(pressure_reports).where(pressure_reports.c.id.in_(old))
    return connection.execute(statement.values(words_sealed=None, address_id=None)).rowcount
