"""Keeps what a platform has said of templates that we handed in by its API."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.domain.updates import ChannelKind
from bot.storage.ids import new_id
from bot.storage.loading_desk import upsert
from bot.storage.tables import templates

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Submitted:
    """One of our forms in one language as the platform knows it.

    Args:
        form: what it is for.
        name: the platform's name of it.
        places: our values in the order of its places.
        status: approved, pending or disabled.
    """

    form: str
    channel: ChannelKind
    language: str
    name: str
    places: tuple[str, ...]
    status: str


def keep_submitted(connection: Connection, told: Iterable[Submitted]) -> None:
    """One row for each form, channel and language. An approved template stays until its follower is approved too."""
    known = {(row.purpose, row.channel, row.language): row for row in connection.execute(select(templates))}
    for one in told:
        row = known.get((one.form, one.channel.value, one.language))
        if row is not None and row.name != one.name and row.status == APPROVED != one.status:
            continue
        values = {
            "purpose": one.form,
            "channel": one.channel.value,
            "language": one.language,
            "name": one.name,
            "params": json.dumps(list(one.places), ensure_ascii=False),
            "status": one.status,
        }
        upsert(connection, templates, row, row.id if row else new_id(), values)
