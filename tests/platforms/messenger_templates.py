"""The page's utility templates as a strict Graph keeps them: what it rejects at once, and what it takes in a send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.platforms.messenger_shapes import check, only, refusal
from tests.platforms.server import Sent

PLACE = re.compile(r"\{\{(\w*)\}\}")
LANGUAGES = ("vi", "en", "en_US")


@dataclass
class MetaTemplate:
    """One template in one language; `places` is how many it has."""

    name: str
    language: str
    places: int
    status: str = "APPROVED"
    reason: str = "NONE"
    body: str = ""


@dataclass
class TemplateDesk:
    """Takes templates in, reviews them at once, says how they stand.

    Attributes:
        verdicts: what the review says of a name; APPROVED without a word.
        page_size: so many are told in one answer.
    """

    rows: dict[tuple[str, str], MetaTemplate] = field(default_factory=dict)
    verdicts: dict[str, tuple[str, str]] = field(default_factory=dict)
    page_size: int = 100

    def approve(self, name: str, places: int, language: str = "vi") -> None:
        self.rows[name, language] = MetaTemplate(name, language, places)

    def clear(self) -> None:
        self.rows.clear()

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check(not only(body, "name", "language", "category", "parameter_format", "components"), "unknown parameter")
        name, language = str(body.get("name")), str(body.get("language"))
        check(re.fullmatch(r"[a-z0-9_]{1,512}", name) is not None, "param name")
        check(language in LANGUAGES and body.get("category") == "UTILITY", "param language or category")
        if (name, language) in self.rows:
            raise refusal(100, 2388024, "There is already content in this language for this template")
        (part,) = body["components"]
        check(part["type"] == "BODY" and body.get("parameter_format", "POSITIONAL") == "POSITIONAL", "components")
        places = self._places(part)
        status, reason = self.verdicts.get(name, ("APPROVED", "NONE"))
        self.rows[name, language] = MetaTemplate(name, language, places, status, reason, part["text"])
        return {"id": str(880000000000000 + len(self.rows)), "status": status, "category": "UTILITY"}

    def told(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the list, after a cursor."""
        check(
            set(query["fields"].split(",")) <= {"name", "language", "status", "rejected_reason", "components"}, "fields"
        )
        start = int(query.get("after", "0"))
        end = start + min(int(query.get("limit", "25")), self.page_size)
        rows = list(self.rows.values())
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(rows):
            paging["next"] = "https://graph.facebook.com/next"
        return {"data": [self._row(row) for row in rows[start:end]], "paging": paging}

    def read(self, message: Mapping[str, Any], user_id: str, mid: str, now: datetime) -> Sent:
        """A send: only approved words, filled as they were approved."""
        check(set(message) == {"template"}, "param message[template]")
        template = message["template"]
        check(set(template) == {"name", "language", "components"}, "param template")
        row = self.rows.get((template["name"], template["language"].get("code")))
        check(row is not None and row.status == "APPROVED", "template not approved")
        values = [one for part in template["components"] for one in part["parameters"] if part["type"] == "body"]
        check(row is not None and len(values) == row.places, "number of parameters does not match the template")
        check(all(set(one) == {"type", "text"} and one["type"] == "text" for one in values), "param parameters")
        check(all(one["text"].strip() and not set("#$%\n") & set(one["text"]) for one in values), "param text")
        params = tuple((str(number), one["text"]) for number, one in enumerate(values, start=1))
        return Sent(user_id, "", mid, now, template=template["name"], params=params)

    def _row(self, row: MetaTemplate) -> dict[str, Any]:
        body = [{"type": "BODY", "text": row.body}] if row.body else []
        told = {"name": row.name, "language": row.language, "status": row.status, "components": body}
        return told if row.reason == "NONE" else {**told, "rejected_reason": row.reason}

    def _places(self, part: Mapping[str, Any]) -> int:
        """INCORRECT_PARAMS of the utility page: braces, numbers, ends, neighbours, examples."""
        text, names = part["text"], PLACE.findall(part["text"])
        check(names == [str(number) for number in range(1, len(names) + 1)], "INCORRECT_PARAMS numbering")
        check("{" not in PLACE.sub("", text) and "}" not in PLACE.sub("", text), "INCORRECT_PARAMS braces")
        check(PLACE.match(text) is None and not text.endswith("}}"), "INCORRECT_PARAMS at the beginning or end")
        check(re.search(r"\}\}\s*\{\{", text) is None, "INCORRECT_PARAMS side by side")
        examples = part.get("example", {}).get("body_text", [[]])[0]
        check(len(examples) == len(names) and all(str(one).strip() for one in examples), "INCORRECT_PARAMS examples")
        check(not any(sign in one for one in examples for sign in "#$%"), "INCORRECT_PARAMS signs")
        check(len(text) > 3 * len(names), "INCORRECT_PARAMS too many for the length")
        return len(names)
