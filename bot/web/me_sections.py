"""A person's own data in titled sections of rows. A new kind of data is one more function in `SECTIONS`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.dialog.wording import spoken_phone
from bot.domain.registrations import spoken_ticket
from bot.storage.personal_copy import Plain
from bot.web.me_telling import Telling


@dataclass(frozen=True, slots=True)
class Item:
    """One thing held: rows of label and value; with `purpose` a consent that can be withdrawn here."""

    rows: tuple[tuple[str, str], ...] = field(repr=False)
    title: str = field(default="", repr=False)
    purpose: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of data; `empty` is said where nothing of it is held."""

    id: str
    title: str
    items: tuple[Item, ...]
    hint: str = ""
    empty: str = ""


def sections(held: Plain, telling: Telling) -> tuple[Section, ...]:
    """Everything held but the messages, in the order of the page; sections with nothing to say are left out."""
    made = (make(held, telling) for make in SECTIONS)
    return tuple(section for section in made if section.items or section.empty)


def _section(name: str, items: Iterable[Item], telling: Telling, *, always: bool = False) -> Section:
    hint = telling.text(f"hint.{name}") if telling.words.has(f"page.me.hint.{name}") else ""
    empty = telling.text(f"none.{name}") if always else ""
    return Section(name, telling.text(f"section.{name}"), tuple(items), hint, empty)


def _rows(telling: Telling, *told: tuple[str, object]) -> tuple[tuple[str, str], ...]:
    """Labels by id with their values; what is empty is left out."""
    return tuple((telling.text(f"row.{name}"), str(value)) for name, value in told if value not in (None, ""))


def _person(held: Plain, telling: Telling) -> Section:
    person = held["person"]
    rows = person and _rows(
        telling,
        ("name", person["name"]),
        ("birth-date", telling.day(person["birth_date"])),
        ("phone", spoken_phone(person["phone"] or "")),
        ("unit", person["unit"]),
        ("language", telling.known("language", person["language"])),
        ("rhythm", telling.known("rhythm", person["rhythm"])),
        ("since", telling.moment(person["created_at"])),
        ("tags", ", ".join(one["tag"] for one in held["tags"])),
        ("changed", telling.moment(person["updated_at"])),
    )
    return _section("person", [Item(rows)] if rows else [], telling, always=True)


def _donor(held: Plain, telling: Telling) -> Section:
    donor = held["donor"]
    rows = donor and _rows(
        telling,
        ("blood-group", donor["blood_group"]),
        ("donations", donor["donations"] or ""),
        ("last-given", telling.day(donor["last_given_on"])),
        ("last-component", telling.known("component", donor["last_component"])),
        ("next", telling.day(donor["next_on"])),
        ("deferred", telling.day(donor["deferred_until"])),
        ("ask-again", telling.day(donor["ask_again_on"])),
    )
    return _section("donor", [Item(rows)] if rows else [], telling)


def _places(held: Plain, telling: Telling) -> Section:
    return _section("places", (_place(place, telling) for place in held["registrations"]), telling, always=True)


def _place(place: Plain, telling: Telling) -> Item:
    rows = _rows(
        telling,
        ("when", telling.moment(place["starts_at"])),
        ("place", place["place"]),
        ("ticket", spoken_ticket(place["ticket"] or "").strip("-")),
        ("unit", place["unit"]),
        ("dangerous-work", telling.text("yes" if place["dangerous_work"] else "no")),
        ("registered", telling.moment(place["created_at"])),
    )
    return Item(rows, place["drive"], badge=telling.known("state", place["state"]))


def _donations(held: Plain, telling: Telling) -> Section:
    items = (
        Item(
            _rows(
                telling,
                ("component", telling.known("component", given["component"])),
                ("ml", given["ml"] and f"{given['ml']} ml"),
                ("drive", given["drive"]),
                ("verified", telling.text("verified" if given["verified"] else "self-told")),
            ),
            telling.day(given["given_on"]),
        )
        for given in held["donations"]
    )
    return _section("donations", items, telling)


def _deferrals(held: Plain, telling: Telling) -> Section:
    """ "Not today": until when, and the reason in plain words, which stand on this page only."""
    items = (
        Item(
            _rows(
                telling,
                ("until", telling.day(put_off["until"]) or telling.text("until-open")),
                ("reason", telling.known("reason", put_off["reason_group"])),
                ("place", put_off["drive"]),
            ),
            telling.day(put_off["decided_on"]),
        )
        for put_off in held["deferrals"]
    )
    return _section("deferrals", items, telling)


def _listed(held: Plain, telling: Telling) -> Section:
    """What an old list says, apart from what is verified."""
    items = (
        Item(
            _rows(
                telling,
                ("listed-times", line["donations"] or ""),
                ("last-given", telling.day(line["last_given_on"])),
                ("claimed", telling.moment(line["claimed_at"])),
            ),
            line["unit"],
        )
        for line in held["listed"]
    )
    return _section("listed", items, telling)


def _consents(held: Plain, telling: Telling) -> Section:
    """A standing consent can be withdrawn once, however often it was given."""
    items: list[Item] = []
    offered: set[str] = set()
    for given in held["consents"]:
        stands = given["withdrawn_at"] is None
        purpose = given["purpose"] if stands and given["purpose"] not in offered else ""
        offered.add(purpose)
        items.append(_consent(given, telling, purpose, stands))
    return _section("consents", items, telling, always=True)


def _consent(given: Plain, telling: Telling, purpose: str = "", stands: bool = False) -> Item:
    rows = _rows(
        telling,
        ("given", telling.moment(given["given_at"])),
        ("channel", telling.channel(given.get("channel"))),
        ("wording", telling.text("wording", count=given["wording"].rpartition("@")[2])),
        ("withdrawn", telling.moment(given["withdrawn_at"])),
    )
    title = telling.words.text(f"page.privacy.purpose.{given['purpose']}", telling.language)
    return Item(rows, title, purpose, telling.text("stands" if stands else "ended"))


def _earlier(held: Plain, telling: Telling) -> Section:
    return _section("earlier", (_consent(proof, telling) for proof in held["earlier_consents"]), telling)


def _homes(held: Plain, telling: Telling) -> Section:
    items = (
        Item(
            _rows(
                telling,
                ("user", home["user_id"]),
                ("first-seen", telling.moment(home["first_seen_at"])),
                ("last-seen", telling.moment(home["last_inbound_at"])),
                ("waits", telling.moment(home["waits_for_staff_since"])),
                ("blocked", telling.moment(home["blocked_at"])),
            ),
            telling.channel(home["channel"]),
        )
        for home in held["addresses"]
    )
    return _section("homes", items, telling)


def _planned(held: Plain, telling: Telling) -> Section:
    """Only what is still to come; the past ones stand in the file."""
    coming = (plan for plan in held["planned"] if plan["state"] == "waiting")
    items = (
        Item(_rows(telling, ("due", telling.moment(plan["due_at"]))), telling.known("planned", plan["purpose"]))
        for plan in coming
    )
    return _section("planned", items, telling)


def _requests(held: Plain, telling: Telling) -> Section:
    items = (
        Item(
            _rows(telling, ("asked", telling.moment(asked["asked_at"]))),
            telling.text(f"request.{asked['kind']}"),
            badge=telling.text(f"source.{asked['source']}"),
        )
        for asked in held["requests"]
    )
    return _section("requests", items, telling, always=True)


def _others(held: Plain, telling: Telling) -> Section:
    """What few people have."""
    aside = (
        Item(_rows(telling, ("since", telling.moment(e["received_at"]))), telling.text("aside"))
        for e in held["kept_aside"]
    )
    calls = (
        Item(
            _rows(telling, ("said-on", telling.day(c["said_on"])), ("unit", c["unit"]), ("words", c["words"])),
            telling.text("call-back"),
        )
        for c in held["call_backs"]
    )
    staff = (
        Item(_rows(telling, ("login", s["login"]), ("since", telling.moment(s["linked_at"]))), telling.text("alarms"))
        for s in held["staff_chats"]
    )
    joined = (
        Item(_rows(telling, ("since", telling.moment(j["joined_at"]))), telling.text("joined")) for j in held["joined"]
    )
    return _section("others", (*aside, *calls, *staff, *joined), telling)


SECTIONS: tuple[Callable[[Plain, Telling], Section], ...] = (
    _person,
    _places,
    _donor,
    _donations,
    _deferrals,
    _listed,
    _consents,
    _planned,
    _homes,
    _earlier,
    _others,
    _requests,
)
