"""People who are joined and parted inside a batch: alone in it, with every address of theirs locked; and the other side is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.dialog.talk import Talk
from bot.dialog.turns import (
    Erase,
    JoinByCode,
    Joining,
    JoinPerson,
    LookForJoin,
    LookUpCode,
    MakeJoinCode,
    PartPerson,
    Refused,
    Turn,
)
from bot.domain.changing import replace
from bot.domain.contacts import Address
from bot.domain.messages import Message
from bot.domain.outbox import ANSWERS_LAST
from bot.domain.updates import ChannelKind
from bot.intake.tools import Tools
from bot.storage.ids import new_id
from bot.storage.join_codes import keep_code, owner_of
from bot.storage.joining import Refusal, homes_around, join_by_code, join_by_link, look_up
from bot.storage.joins import joined_lately
from bot.storage.parting import part_person
from bot.storage.personal_home import home_of, language_of_talk
from bot.storage.tables import outbox

TOLD = "join.told"


class Apart(Exception):
    """An update that joins, parts or erases people wants a batch of its own, begun again with these addresses locked: other
    updates of the same people would stand on what was loaded before."""

    def __init__(self, place: int, locks: frozenset[int]) -> None:
        super().__init__("a batch of its own is wanted")
        self.place, self.locks = place, locks


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of one effect: the talk as it is now, or the refusal; and the address that must hear of it."""

    talk: Talk
    refused: Refused | None = None
    tell: int | None = None


def locks_for(connection: Connection, talk: Talk, turn: Turn, now: datetime, tools: Tools) -> frozenset[int] | None:
    """The addresses that a turn must hold which joins, parts or erases people of several; None for every other turn."""
    own = talk.dossier.address.id
    for effect in turn.effects:
        match effect:
            case JoinPerson(origin):
                return homes_around(connection, (own, origin))
            case JoinByCode(code):
                origin_of_code = owner_of(connection, tools.ring, code, now)
                return homes_around(connection, (own, *([] if origin_of_code is None else [origin_of_code])))
            case PartPerson():
                return homes_around(connection, (own,))
            case Erase() if len(around := homes_around(connection, (own,))) > 1:
                return around
            case _:
                pass
    return None


def carry_join(connection: Connection, talk: Talk, effect: Joining, now: datetime, tools: Tools) -> Carried:
    """Rare, a few statements each; before the address is written."""
    address, ring = talk.dossier.address, tools.ring
    match effect:
        case MakeJoinCode(code):
            keep_code(connection, ring, code, address.id, now)
            return Carried(talk)
        case LookUpCode(code):
            return _or_refused(talk, effect, look_up(connection, ring, address, code, now))
        case LookForJoin():
            found = joined_lately(connection, address.contact_id, now)
            return _or_refused(talk, effect, None if found else Refusal.NO_GOOD)
        case PartPerson():
            return _parted(connection, talk, effect, now, tools)
        case JoinPerson(origin, link):
            joined = join_by_link(connection, ring, address, origin, link, now)
        case JoinByCode(code):
            joined = join_by_code(connection, ring, address, code, now)
    if isinstance(joined, Refusal):
        return _or_refused(talk, effect, joined)
    return Carried(_of_contact(talk, joined.contact_id), tell=joined.origin)


def _or_refused(talk: Talk, effect: Joining, refusal: Refusal | None) -> Carried:
    return Carried(talk) if refusal is None else Carried(talk, Refused(effect, refusal.value))


def _parted(connection: Connection, talk: Talk, effect: PartPerson, now: datetime, tools: Tools) -> Carried:
    address = talk.dossier.address
    join = part_person(connection, tools.ring, address.contact_id, now, who="chat")
    if join is None:
        return Carried(talk, Refused(effect))
    home = home_of(connection, address.id)
    return Carried(talk if home is None else _of_contact(talk, home.contact_id))


def _of_contact(talk: Talk, contact_id: int) -> Talk:
    dossier = talk.dossier
    return replace(talk, dossier=replace(dossier, address=replace(dossier.address, contact_id=contact_id)))


def tell_origin(
    connection: Connection, talk: Talk, origin: int, now: datetime, tools: Tools
) -> tuple[dict[str, Any], Address, Message] | None:
    """Whoever gave a code away by mistake learns of it at once, and how to undo it."""
    home = home_of(connection, origin)
    if home is None:
        return None
    words, language = talk.catalogue.words, language_of_talk(connection, tools.ring, origin) or "vi"
    channel = words.text(f"join.on.{talk.dossier.address.channel}", language)
    message = Message(words.text(TOLD, language, {"channel": channel}))
    row = _row(home, message, now, tools)
    connection.execute(outbox.insert().values(row))
    return row, home, message


def _row(home: Address, message: Message, now: datetime, tools: Tools) -> dict[str, Any]:
    identity, at_once = new_id(), home.channel is ChannelKind.WEB
    return {
        "id": identity,
        "key": f"joined:{identity}:0",
        "account_id": home.account_id,
        "address_id": home.id,
        "contact_id": home.contact_id,
        "purpose": "reply",
        "priority": 0,
        "part": 0,
        "body_sealed": tools.ring.seal_json(message.to_json(), "outbox.body"),
        "state": "sent" if at_once else "waiting",
        "created_at": now,
        "due_at": now,
        "expires_at": now + ANSWERS_LAST,
        "sent_at": now if at_once else None,
    }
