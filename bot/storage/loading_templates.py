"""The part of a load file that names approved platform templates."""

import json
from collections.abc import Iterable

from sqlalchemy import select

from bot.domain.loads import Entry, Loaded
from bot.storage.ids import new_id
from bot.storage.loading_desk import Desk, upsert
from bot.storage.tables import templates

VIETNAMESE = "vi"


def load_templates(desk: Desk, entries: Iterable[Entry], done: Loaded) -> None:
    """One template for each purpose, channel and language; the newest entry wins."""
    known = {(row.purpose, row.channel, row.language): row for row in desk.connection.execute(select(templates))}
    for entry in entries:
        wanted = entry.values
        prices = wanted.get("price_vnd", {})
        values = {
            "purpose": wanted["purpose"],
            "channel": wanted["channel"],
            "language": wanted.get("language", VIETNAMESE),
            "name": wanted.get("template_id") or wanted["name"],
            "ways": " ".join(wanted.get("by", ())),
            "params": json.dumps(wanted.get("params", []), ensure_ascii=False),
            "price_vnd": prices.get("uid"),
            "phone_price_vnd": prices.get("phone"),
        }
        row = known.get((values["purpose"], values["channel"], values["language"]))
        done.of("templates").count(upsert(desk.connection, templates, row, row.id if row else new_id(), values))
