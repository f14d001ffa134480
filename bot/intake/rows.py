"""From a turn to rows: what one person's turn adds to the batch's writes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.channels.fit import fit, offered
from bot.dialog.talk import Catalogue
from bot.dialog.turns import (
    AskForHuman,
    Bring,
    Cancel,
    GiveConsent,
    KeepBloodGroup,
    Move,
    Register,
    Say,
    TakeHeld,
    Turn,
    WithdrawConsent,
)
from bot.domain.changing import replace
from bot.domain.consents import ConsentGiven
from bot.domain.contacts import Dossier
from bot.domain.conversations import Conversation, Handoff
from bot.domain.messages import Message
from bot.domain.outbox import ANSWERS_LAST
from bot.domain.registrations import Registration, RegistrationState
from bot.domain.updates import ChannelKind, Echoed, Edited, Left, Receipted, Returned, Routed, TookBack, Unknown, Update
from bot.intake.colleagues import brought_rows
from bot.intake.tools import Tools
from bot.intake.topics_told import topics_told, with_topics
from bot.storage.chat_history import CONFIDENTIAL, FLEETING
from bot.storage.ids import new_id
from bot.storage.name_index import name_words
from bot.storage.prepared import Row
from bot.storage.talks import dump_talk
from bot.storage.turns import Writes

HINT = "channels.answer-with-number"
"""Text id of the line under a numbered menu."""

BLOOD_LABEL = "donors.blood_group"

BELIEVABLE = timedelta(days=7)
"""How old an update may be: no platform we speak to keeps one longer."""

NO_INTERACTION = TookBack | Left | Returned | Echoed | Routed | Receipted | Unknown
"""Events that do not open a platform's window (facts: messenger §3.1, zalo §3.1)."""


def fill(
    writes: Writes,
    update: Update,
    dossier: Dossier,
    turn: Turn,
    fault: str,
    now: datetime,
    catalogue: Catalogue,
    tools: Tools,
) -> Iterator[tuple[Row, Message]]:
    """Add a turn's rows to the batch; yields each outgoing message with its outbox row."""
    says = [effect.message for effect in turn.effects if isinstance(effect, Say)]
    talk = _after(turn, offered(says) if says else None, now)
    writes.addresses[dossier.address.id] = _address_row(update, dossier, talk, now, tools)
    for effect in turn.effects:
        match effect:
            case Register():
                _register(writes, update, dossier, effect, now, talk.language, tools)
            case Move():
                _move(writes, dossier, effect, now)
            case Bring():
                writes.brought.append(brought_rows(dossier, effect, talk.language, now))
            case Cancel(registration_id):
                _cancel(writes, dossier, registration_id, now)
            case GiveConsent(consent) | TakeHeld(consent=consent) if dossier.person is not None:
                writes.consents.append(_consent_row(dossier, consent, now))
            case KeepBloodGroup(group) if dossier.person is not None:
                sealed = tools.ring.seal_text(group, BLOOD_LABEL)
                writes.blood_groups.append({"contact_id": dossier.address.contact_id, "blood_group_sealed": sealed})
            case WithdrawConsent(purposes):
                who = dossier.address.contact_id
                writes.withdrawals.extend({"who": who, "what": purpose.value, "at": now} for purpose in purposes)
            case _:
                pass  # words, the wish for a human, and what `rights.py` carries out
    if not turn.keep_words:
        writes.unsaid.append({"whose": dossier.address.id, "which": update.update_id})
    _follow(writes, update, dossier.address.id, tools, keep=turn.keep_words)
    if fault:
        writes.kept_aside.append(_aside_row(update, dossier, fault, now, tools))
    limits = tools.limits[update.channel]
    hint = catalogue.words.text(HINT, talk.language)
    told = topics_told(turn.effects, catalogue) if turn.keep_words else ()
    for part, message in enumerate(fit(says, limits, hint)):
        body = with_topics(message.to_json(), () if part else told)
        row = _reply_row(update, dossier, part, body, now, tools, kind=_kind(turn))
        writes.outbox.append(row)
        yield row, message


def _follow(writes: Writes, update: Update, address_id: int, tools: Tools, *, keep: bool) -> None:
    """What somebody changed or took back changes or goes in our copy too."""
    match update.event:
        case Edited(text=text, of=of) if of and keep:
            sealed = tools.ring.seal_text(text, "seen.text")
            writes.said_anew.append({"whose": address_id, "which": of, "words": sealed})
        case Edited(of=of) | TookBack(of=of) if of:
            writes.unsaid.append({"whose": address_id, "which": of})
        case _:
            pass


def _after(turn: Turn, menu: tuple[Any, ...] | None, now: datetime) -> Conversation:
    """The conversation as it is kept: the menu just offered replaces the old one (None: the bot said nothing), a wish
    for a human is noted."""
    talk = turn.conversation
    if menu is not None and menu is not talk.offered:  # `respond` has mostly put it there already
        talk = replace(talk, offered=menu)
    for effect in turn.effects:
        if isinstance(effect, AskForHuman):
            waiting = talk.handoff if talk.handoff is Handoff.TALKING else Handoff.WAITING
            since = talk.handoff_since or now
            urgent = talk.handoff_urgent or effect.urgent
            talk = replace(talk, handoff=waiting, handoff_since=since, handoff_urgent=urgent)
    if talk.handoff is not Handoff.NONE and talk.handoff_since is None:
        talk = replace(talk, handoff_since=now)
    return talk


def _address_row(update: Update, dossier: Dossier, talk: Conversation, now: datetime, tools: Tools) -> Row:
    address = dossier.address
    interacted = not isinstance(update.event, NO_INTERACTION)
    blocked_at = address.blocked_at
    if isinstance(update.event, Left):
        blocked_at = now
    elif interacted or isinstance(update.event, Returned):
        blocked_at = None
    return {
        "id": address.id,
        "account_id": address.account_id,
        "user_id": address.user_id,
        "contact_id": address.contact_id,
        "first_seen_at": now,
        "last_inbound_at": _interaction(update, dossier, now) if interacted else (address.last_inbound_at or now),
        "blocked_at": blocked_at,
        "talk_sealed": dump_talk(talk, tools.ring),
        "form_touched_at": talk.form.counts_from if talk.form else None,
        "handoff": talk.handoff.value,
        "handoff_since": None if talk.handoff is Handoff.NONE else talk.handoff_since,
        "handoff_urgent": talk.handoff is not Handoff.NONE and talk.handoff_urgent,
    }


def _interaction(update: Update, dossier: Dossier, now: datetime) -> datetime:
    """When the person acted, by the platform's clock: after an outage a window must not seem to have opened later.
    A time that cannot be true (the platforms' own samples carry some) counts as now."""
    earlier = dossier.address.last_inbound_at
    acted = update.sent_at if now - BELIEVABLE <= update.sent_at <= now else now
    return acted if earlier is None else max(acted, earlier)


def _register(
    writes: Writes, update: Update, dossier: Dossier, effect: Register, now: datetime, language: str, tools: Tools
) -> None:
    person, ring, contact_id = effect.person, tools.ring, dossier.address.contact_id
    writes.contacts[contact_id] = {
        "id": contact_id,
        "unit_id": person.unit_id,
        "language": language,
        "name_sealed": ring.seal_text(person.name, "contacts.name"),
        "birth_date_sealed": ring.seal_text(person.birth_date.isoformat(), "contacts.birth_date"),
        "phone_sealed": ring.seal_text(person.phone, "contacts.phone"),
        "phone_blind": ring.blind(person.phone),
        "name_words": name_words(ring, person.name),
        "created_at": now,
        "updated_at": now,
    }
    writes.consents.extend(_consent_row(dossier, consent, now) for consent in effect.consents)
    earlier = next((r for r in dossier.registrations if r.is_booked and r.drive_id == effect.drive_id), None)
    if earlier is not None:
        _release(writes, earlier.slot_id)
    registration = Registration(
        earlier.id if earlier else new_id(),
        effect.drive_id,
        effect.slot_id,
        now,
        effect.ticket,
        unit_id=person.unit_id,
        dangerous_work=effect.dangerous_work,
    )
    _write_registration(writes, dossier, registration, now)


def _move(writes: Writes, dossier: Dossier, effect: Move, now: datetime) -> None:
    registration = dossier.registration(effect.registration_id)
    if registration is None or not registration.is_booked:
        _release(writes, effect.slot_id)
        return
    _release(writes, registration.slot_id)
    moved = replace(registration, drive_id=effect.drive_id, slot_id=effect.slot_id)
    _write_registration(writes, dossier, moved, now)


def _cancel(writes: Writes, dossier: Dossier, registration_id: int, now: datetime) -> None:
    registration = dossier.registration(registration_id)
    if registration is None or not registration.is_booked:
        return
    _release(writes, registration.slot_id)
    _write_registration(writes, dossier, replace(registration, state=RegistrationState.CANCELLED), now)


def _write_registration(writes: Writes, dossier: Dossier, registration: Registration, now: datetime) -> None:
    writes.registrations[registration.id] = {
        "id": registration.id,
        "contact_id": dossier.address.contact_id,
        "address_id": dossier.address.id,
        "drive_id": registration.drive_id,
        "slot_id": registration.slot_id,
        "unit_id": registration.unit_id,
        "ticket": registration.ticket,
        "state": registration.state.value,
        "dangerous_work": registration.dangerous_work,
        "created_at": now,
        "updated_at": now,
        "planned_at": None,
    }


def _release(writes: Writes, slot_id: int) -> None:
    writes.released[slot_id] = writes.released.get(slot_id, 0) + 1


def _consent_row(dossier: Dossier, consent: ConsentGiven, now: datetime) -> Row:
    return {
        "id": new_id(),
        "contact_id": dossier.address.contact_id,
        "purpose": consent.purpose.value,
        "wording": consent.wording,
        "given_at": now,
        "address_id": dossier.address.id,
    }


def _kind(turn: Turn) -> str:
    """An answer to words that are not kept would tell them: its key keeps it from staff who read the talk later; and
    what may not stay at all loses its words as soon as it is said."""
    if not turn.keep_answer:
        return FLEETING
    return "reply" if turn.keep_words else CONFIDENTIAL


def _reply_row(
    update: Update,
    dossier: Dossier,
    part: int,
    body: dict[str, Any],
    now: datetime,
    tools: Tools,
    *,
    kind: str,
) -> Row:
    at_once = update.channel is ChannelKind.WEB
    return {
        "id": new_id(),
        "key": f"{kind}:{update.account_id}:{update.update_id}:{part}",
        "account_id": update.account_id,
        "address_id": dossier.address.id,
        "contact_id": dossier.address.contact_id,
        "purpose": "reply",
        "priority": 0,
        "part": part,
        "body_sealed": tools.ring.seal_json(body, "outbox.body"),
        "state": "sent" if at_once else "waiting",
        "created_at": now,
        "due_at": now,
        "expires_at": now + ANSWERS_LAST,
        "sent_at": now if at_once else None,
    }


def _aside_row(update: Update, dossier: Dossier, fault: str, now: datetime, tools: Tools) -> Row:
    event = orjson.dumps({"event": repr(update.event), "update_id": update.update_id})
    return {
        "id": new_id(),
        "account_id": update.account_id,
        "address_id": dossier.address.id,
        "channel": update.channel.value,
        "received_at": now,
        "reason": fault,
        "body_sealed": tools.ring.seal(event, "kept_aside.body"),
    }
