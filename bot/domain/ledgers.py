"""The ledger of a dry run: to whom a broadcast would go, by which way, at what price and until when, and to whom not.

An approval signs it together with the draft, so both have one canonical form as bytes.
"""

import hmac
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Self

from bot.domain.broadcasts import Draft
from bot.domain.deciding import Not, To
from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind

REPLIES_LEAVE = 2
"""While a broadcast goes out, replies come first: about half of an account's calls are left for it."""

CALLS_OF_A_REGISTRATION = 2
"""Calls that one registration takes when its person uses the page with the form: the link, and the ticket."""


BY_TEMPLATE = (RouteKind.TEMPLATE_UID, RouteKind.TEMPLATE_PHONE)
"""What counts against the quota that Zalo gives an OA for a day."""


@dataclass(frozen=True, slots=True)
class AccountPace:
    """An account the broadcast uses: what it may send a minute."""

    code: str
    channel: ChannelKind
    per_minute: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Of an account that sends by template: how many went today, and how many its platform last said may go a day (0: it
    never said)."""

    today: int = 0
    a_day: int = 0


@dataclass(slots=True)
class Ledger:
    """Counts only: nobody is named.

    Args:
        segment: people in the segment, whatever they agreed to.
        without_consent: of them, those who never agreed to this kind of message: they are left alone.
        other_group: of them, those an appeal by blood group is not for, or who have not told theirs.
        first_wave: of an appeal: how many are asked first.
        routes: people by `channel route`; `prices` the đồng of each at most.
        skipped: people by the reason why not.
        accounts: people by account code; `templates` those of them who get it by template, `quotas` what may go so.
        later: people who have to wait, by what for.
    """

    at: datetime
    segment: int = 0
    without_consent: int = 0
    other_group: int = 0
    first_wave: int = 0
    routes: Counter[str] = field(default_factory=Counter)
    prices: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    accounts: Counter[str] = field(default_factory=Counter)
    later: Counter[str] = field(default_factory=Counter)
    paces: dict[str, tuple[str, int]] = field(default_factory=dict)
    templates: Counter[str] = field(default_factory=Counter)
    quotas: dict[str, Quota] = field(default_factory=dict)

    def add(self, decision: To | Not, paces: Mapping[int, AccountPace]) -> None:
        """Count one person."""
        if isinstance(decision, Not):
            self.skipped[decision.reason] += 1
            return
        route = decision.route
        name = f"{route.channel} {route.kind}"
        self.routes[name] += 1
        self.prices[name] += route.price_vnd
        if decision.reason:
            self.later[decision.reason] += 1
        if (account := paces.get(route.account_id)) is not None:
            self.accounts[account.code] += 1
            self.paces[account.code] = (account.channel.value, account.per_minute)
            if route.kind in BY_TEMPLATE:
                self.templates[account.code] += 1

    @property
    def intended(self) -> int:
        """Everybody in the segment who agreed to such messages: each ends in a message or in a reason."""
        return self.reached + sum(self.skipped.values())

    @property
    def reached(self) -> int:
        return sum(self.routes.values())

    @property
    def price_vnd(self) -> int:
        return sum(self.prices.values())

    @property
    def beyond_quota(self) -> dict[str, int]:
        """Account code → messages by template that its platform will not take today."""
        over = {
            code: self.templates[code] + quota.today - quota.a_day for code, quota in self.quotas.items() if quota.a_day
        }
        return {code: min(count, self.templates[code]) for code, count in over.items() if count > 0}

    @property
    def minutes(self) -> int:
        """How long the slowest account takes at its permitted pace, answers left out."""
        return max((math.ceil(count / self.paces[code][1]) for code, count in self.accounts.items()), default=0)

    @property
    def registrations_per_minute(self) -> int:
        """How many people the accounts can take through a registration each minute once it has gone out."""
        return sum(pace // (CALLS_OF_A_REGISTRATION * REPLIES_LEAVE) for _, pace in self.paces.values())

    def to_json(self) -> str:
        """Canonical: the same ledger is the same text."""
        body: dict[str, Any] = {
            "at": self.at.astimezone(UTC).isoformat(),
            "segment": self.segment,
            "without_consent": self.without_consent,
            "other_group": self.other_group,
            "first_wave": self.first_wave,
            **{name: dict(getattr(self, name)) for name in _COUNTS},
            "paces": {code: list(pace) for code, pace in self.paces.items()},
            "quotas": {code: [quota.today, quota.a_day] for code, quota in self.quotas.items()},
        }
        return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        body = json.loads(text)
        at = datetime.fromisoformat(body["at"])
        found = cls(at, **{name: body[name] for name in ("segment", "without_consent", "other_group", "first_wave")})
        for name in _COUNTS:
            getattr(found, name).update(body[name])
        found.paces.update({code: (channel, pace) for code, (channel, pace) in body["paces"].items()})
        found.quotas.update({code: Quota(*quota) for code, quota in body["quotas"].items()})
        return found


_COUNTS = ("routes", "prices", "skipped", "accounts", "later", "templates")


def draft_text(draft: Draft, wording: str, image_digest: str) -> str:
    """What an approval stands for, in one canonical text.

    Args:
        wording: the exact version of the topic's words; "" where the draft has words of its own.
        image_digest: of the picture.
    """
    need = draft.need
    body = {
        "purpose": draft.purpose.value,
        "unit": draft.unit_id,
        "segment": draft.segment,
        "topic": draft.topic,
        "wording": wording,
        "words": sorted(draft.words),
        "image": image_digest,
        "drive": draft.drive_id,
        "template": draft.template,
        "held_out": draft.held_out,
        "need": None if need is None else [need.bags, need.by.astimezone(UTC).isoformat(), *sorted(need.groups)],
    }
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sign(key: bytes, draft: str, ledger: str, login: str) -> bytes:
    """Our mark under a draft, its dry run and who approved them; any later change of one voids it."""
    parts = "\n".join((sha256(draft.encode()).hexdigest(), sha256(ledger.encode()).hexdigest(), login))
    return hmac.digest(key, b"broadcast\n" + parts.encode(), sha256)


def is_signed(key: bytes, signature: bytes | None, draft: str, ledger: str, login: str) -> bool:
    return signature is not None and hmac.compare_digest(signature, sign(key, draft, ledger, login))
