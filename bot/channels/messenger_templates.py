"""Utility templates: handing our words in for approval, and what Meta says of those it has (utility messages, 2026-03-13)."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.base import Account
from bot.channels.messenger_graph import Graph
from bot.channels.wire import identifier, items, mapping, text
from bot.domain.templates import Form, status_told

FIELDS = "name,language,status,rejected_reason,components"
MOST_PAGES = 20
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class TemplateTold:
    """What Meta says of one template of the page.

    Args:
        status: approved, pending or disabled.
        reason: why it was rejected, in Meta's own word; "" where it was not.
        body: the words it knows, with numbered places; "" where it does not say.
    """

    name: str
    language: str
    status: str
    reason: str = ""
    body: str = ""


def numbered(form: Form, language: str) -> str:
    """Our words with {{1}}, {{2}} … for the places, in the order in which they stand there."""
    places = {name: number for number, name in enumerate(form.places_in(language), start=1)}
    return _PLACE.sub(lambda found: f"{{{{{places.get(found.group(1))}}}}}", form.words[language]).strip()


def submission(form: Form, language: str) -> dict[str, Any]:
    """The call that hands a form in. Places go by number: that is the shape Meta's own examples of sending have."""
    examples = {param.name: param.example for param in form.params}
    body: dict[str, Any] = {"type": "BODY", "text": numbered(form, language)}
    if places := form.places_in(language):
        body["example"] = {"body_text": [[examples[name] for name in places]]}
    return {"name": form.platform_name, "language": language, "category": "UTILITY", "components": [body]}


async def submit(graph: Graph, account: Account, form: Form, language: str) -> TemplateTold:
    """Hand it in; the review usually takes seconds, and a webhook tells what comes of it."""
    body = submission(form, language)
    answer = (await graph.call(account, "POST", f"{account.external_id}/message_templates", json=body)).json()
    status = status_told(text(answer.get("status"), 40))
    return TemplateTold(form.platform_name, language, status, body=numbered(form, language))


async def all_told(graph: Graph, account: Account) -> tuple[TemplateTold, ...]:
    """Every template of the page."""
    return tuple([_told(mapping(row)) async for row in _rows(graph, account)])


async def _rows(graph: Graph, account: Account) -> AsyncIterator[Any]:
    params = {"fields": FIELDS, "limit": "100"}
    for _ in range(MOST_PAGES):
        path = f"{account.external_id}/message_templates"
        body = (await graph.call(account, "GET", path, params=params)).json()
        for row in items(body.get("data")):
            yield row
        paging = mapping(body.get("paging"))
        after = identifier(mapping(paging.get("cursors")).get("after"))
        if not after or not paging.get("next"):
            return
        params = {**params, "after": after}


def _told(row: Mapping[str, Any]) -> TemplateTold:
    bodies = [mapping(part) for part in items(row.get("components")) if mapping(part).get("type") == "BODY"]
    reason = text(row.get("rejected_reason"), 60)
    return TemplateTold(
        text(row.get("name"), 200),
        text(row.get("language"), 20).partition("_")[0],
        status_told(text(row.get("status"), 40)),
        "" if reason == "NONE" else reason,
        text(bodies[0].get("text")).strip() if bodies else "",
    )
