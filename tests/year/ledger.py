"""The end of the year: our rows against what the platform delivered and billed, and against what people remember."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from sqlalchemy import Connection, func, select

from bot.storage.tables import (
    accounts,
    addresses,
    alarms,
    attempts,
    deferrals,
    donations,
    intents,
    outbox,
    registrations,
)
from tests.platforms.server import Sent
from tests.year.people import Crowd
from tests.year.story import CONSENTED, HERE, REMINDER, REVOKED, STAFF
from tests.year.town import Town

ENDS = {"sent", "failed", "skipped", "moved", "unknown"}
NEVER_REFUSED = {-108, -109, -112, -131, -133, -201, -210, -213, -216, -230, -232, -240, -244, -249, -321, -1121, -1122}
"""What a sender that knows the rules never has to be told. Not among them: a minute that is full (a smaller package,
-32), a grant that is gone (-220, -124), a number without Zalo (-118)."""


@dataclass
class Ledger:
    """Faults in words, empty after a good year; and figures."""

    faults: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def expect(self, right: bool, words: str) -> None:
        if not right:
            self.faults.append(words)


def balance(town: Town, crowd: Crowd) -> Ledger:
    """Everything at once."""
    ledger = Ledger()
    rows = town.read(_outbox)
    _outcomes(ledger, town, rows)
    found = _matched(ledger, town, rows)
    _nobody_twice(ledger, found)
    _nobody_harmed(ledger, town, crowd, found)
    _money(ledger, town, rows, found)
    _rules(ledger, town)
    _pause(ledger, town)
    _places(ledger, town, crowd)
    _journey(ledger, town)
    return ledger


def _outbox(connection: Connection) -> list[Any]:
    query = (
        select(outbox, accounts.c.kind, addresses.c.user_id)
        .join(accounts, accounts.c.id == outbox.c.account_id)
        .outerjoin(addresses, addresses.c.id == outbox.c.address_id)
    )
    return list(connection.execute(query.order_by(outbox.c.id)))


def _outcomes(ledger: Ledger, town: Town, rows: Iterable[Any]) -> None:
    """Every message and every intent that was due has ended, in a word."""
    open_rows = [row.id for row in rows if row.state not in ENDS]
    ledger.expect(not open_rows, f"{len(open_rows)} messages have no outcome")
    silent = [row.id for row in rows if row.state != "sent" and not row.reason]
    ledger.expect(not silent, f"{len(silent)} messages ended without a reason")
    planned = town.read(lambda c: list(c.execute(select(intents))))
    late = [one.id for one in planned if one.state == "waiting" and one.due_at <= town.clock()]
    ledger.expect(not late, f"{len(late)} intents were due and forgotten")
    with_rows = {row.intent_id for row in rows}
    lost = [one.id for one in planned if one.state == "queued" and one.id not in with_rows]
    ledger.expect(not lost, f"{len(lost)} intents were queued and have no message")
    unfinished = town.read(lambda c: c.execute(select(attempts.c.id).where(attempts.c.outcome.is_(None))).all())
    ledger.expect(not unfinished, f"{len(unfinished)} attempts have no outcome")
    ledger.figures["messages"] = dict(Counter(f"{r.purpose} {r.route} {r.state} {r.reason}".strip() for r in rows))
    ledger.figures["intents"] = dict(Counter(f"{i.occasion} {i.state} {i.reason}".strip() for i in planned))


def _matched(ledger: Ledger, town: Town, rows: Iterable[Any]) -> list[tuple[Sent, Any]]:
    """Each delivered message with its row: it says sent and has the platform's id, or its fate is unknown to us."""
    by_key = {_lasting(row.key): row for row in rows}
    found = [(one, by_key[_lasting(town.zalo.keys[one.platform_id])]) for one in town.zalo.sent]
    wrong = [row for one, row in found if row.state not in ("sent", "unknown")]
    ledger.expect(not wrong, f"{len(wrong)} messages came whose rows say otherwise")
    other = [row for one, row in found if row.state == "sent" and row.platform_id != one.platform_id]
    ledger.expect(not other, f"{len(other)} rows name another message of the platform's")
    came = {row.id for _, row in found}
    nobody = [row for row in rows if row.kind == "zalo" and row.state == "sent" and row.id not in came]
    ledger.expect(not nobody, f"{len(nobody)} rows say sent, and nobody got them")
    unknown = [row for row in rows if row.kind == "zalo" and row.state == "unknown"]
    most = 4 * town.counts["kills"] + town.counts["answers lost"]
    ledger.expect(len(unknown) <= most, f"{len(unknown)} rows are unclear, at most {most} calls were interrupted")
    ledger.figures |= {
        "delivered": len(town.zalo.sent),
        "unknown": len(unknown),
        "of those delivered": sum(row.id in came for row in unknown),
    }
    return found


def _lasting(key: str) -> str:
    """What may not stay at all is no longer called so once it is gone (`storage/fleeting.py`)."""
    return key.replace("private:fleeting:", "private:")


def _nobody_twice(ledger: Ledger, found: Iterable[tuple[Sent, Any]]) -> None:
    by_row = Counter(row.id for _, row in found)
    ledger.expect(all(count == 1 for count in by_row.values()), "a message came twice")
    parts = Counter((row.intent_id, row.part) for _, row in found if row.intent_id is not None)
    ledger.expect(all(count == 1 for count in parts.values()), "an intent reached somebody twice")
    days: Counter[tuple[str, Any, str]] = Counter()
    for one, row in found:
        if row.purpose != "reply":
            days[one.user_id, one.at.astimezone(HERE).date(), one.text or str(one.params)] += 1
    ledger.expect(all(count == 1 for count in days.values()), "somebody read the same reminder twice on a day")


def _nobody_harmed(ledger: Ledger, town: Town, crowd: Crowd, found: Iterable[tuple[Sent, Any]]) -> None:
    """No night, no reminder without a yes, nothing after leaving; windows are the platform's own check (`_rules`)."""
    harm: defaultdict[str, int] = defaultdict(int)
    for one, row in found:
        at, who = one.at.astimezone(HERE).time(), crowd.of(one)
        begins = time(5) if row.purpose == "drive" else time(7)
        harm["at night"] += row.purpose != "reply" and not begins <= at < time(21)
        harm["without consent"] += row.purpose == "reminder" and not who.wanted(one.at)
        harm["after leaving"] += who.left(one.at)
        harm["about a drive without a place"] += row.purpose == "drive" and not who.places
    for what, count in harm.items():
        ledger.expect(not count, f"{count} messages came {what}")
    ledger.figures["harmed"] = sum(harm.values())


def _money(ledger: Ledger, town: Town, rows: Iterable[Any], found: Iterable[tuple[Sent, Any]]) -> None:
    bill = sum(one.price for one in town.zalo.sent)
    ours = sum(row.price_vnd or 0 for row in rows if row.state == "sent" and row.kind == "zalo")
    unclear = sum(one.price for one, row in found if row.state == "unknown")
    ledger.expect(town.purse - town.zalo.wallet == bill, "the platform's own bill is wrong")
    ledger.expect(ours + unclear == bill, f"we count {ours} đồng and {unclear} unclear, the bill says {bill}")
    ledger.figures |= {"bill_vnd": bill, "ledger_vnd": ours, "unclear_vnd": unclear}


def _rules(ledger: Ledger, town: Town) -> None:
    """The platform refused nothing that we could have known."""
    refused = town.zalo.refusals
    avoidable = {code: count for code, count in refused.items() if code in NEVER_REFUSED}
    ledger.expect(not avoidable, f"the platform had to refuse {avoidable}")
    ledger.figures["refused"] = dict(refused)
    ledger.figures["templates"] = {
        "eve": sum(one.template not in ("", REMINDER) for one in town.zalo.sent),
        "reminder": sum(one.template == REMINDER for one in town.zalo.sent),
    }


def _pause(ledger: Ledger, town: Town) -> None:
    """Without a grant nothing goes; staff hear of it where they can, and what waited goes afterwards."""
    query = select(alarms.c.kind, alarms.c.began_at, alarms.c.ended_at, alarms.c.told).order_by(alarms.c.began_at)
    ledger.figures["alarms"] = [tuple(row) for row in town.read(lambda c: list(c.execute(query)))]
    within = [one for one in town.zalo.sent if REVOKED < one.at < CONSENTED]
    ledger.expect(not within, f"{len(within)} messages went without a grant")
    ledger.expect(len(town.telegram.texts(STAFF)) > 3, "staff were not told")


def _places(ledger: Ledger, town: Town, crowd: Crowd) -> None:
    """Who registered holds a place, or gave it back."""
    held = town.read(lambda c: c.execute(select(func.count()).select_from(registrations)).scalar_one())
    meant = sum(person.places for person in crowd.people)
    ledger.expect(held == meant, f"{meant} registrations were made, {held} are held")
    ledger.figures["registrations"] = held


def _journey(ledger: Ledger, town: Town) -> None:
    """Every registration has an outcome, every donation and deferral the decision of each of its reminders."""
    rows = town.read(lambda c: list(c.execute(select(registrations.c.state))))
    states = Counter(row.state for row in rows)
    unsettled = {state: count for state, count in states.items() if state in ("booked", "held", "arrived")}
    ledger.expect(not unsettled, f"registrations without an outcome: {unsettled}")
    decided = town.read(lambda c: list(c.execute(select(intents))))
    by_donation: defaultdict[int, set[str]] = defaultdict(set)
    by_deferral: defaultdict[int, set[str]] = defaultdict(set)
    for one in decided:
        if one.donation_id is not None:
            by_donation[one.donation_id].add(one.occasion)
        if one.deferral_id is not None:
            by_deferral[one.deferral_id].add(one.occasion)
    given = town.read(lambda c: list(c.execute(select(donations.c.id)).scalars()))
    put_off = town.read(lambda c: list(c.execute(select(deferrals.c.id)).scalars()))
    follows = {"thanks", "how-are-you", "what-it-did", "next-donation", "next-donation-nudge"}
    bare = [one for one in given if not follows <= by_donation[one]]
    ledger.expect(not bare, f"{len(bare)} donations lack a decision")
    bare = [one for one in put_off if not {"not-today", "deferral-over"} <= by_deferral[one]]
    ledger.expect(not bare, f"{len(bare)} deferrals lack a decision")
    told = Counter(
        one.occasion for one in decided if one.change_id is not None and (one.state, one.reason) != ("waiting", "")
    )
    for occasion, what in (("drive-moved", "moved"), ("drive-cancelled", "called off")):
        ledger.expect(
            told[occasion] == town.counts[what], f"{town.counts[what]} places {what}, {told[occasion]} decisions"
        )
    ledger.figures |= {
        "states": dict(states),
        "donations": len(given),
        "deferrals": len(put_off),
        "changes": dict(told),
    }
