"""One batch of updates inside one transaction: lock, drop repeats, load, respond, grant places, write."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.dialog.colleagues import ENOUGH
from bot.dialog.ending import finish
from bot.dialog.respond import respond
from bot.dialog.talk import Catalogue, Talk
from bot.dialog.turns import (
    Bring,
    Brought,
    Joining,
    LineClaimed,
    LinkStaff,
    Move,
    Refused,
    Register,
    Say,
    SeeBrought,
    TakeHeld,
    Turn,
)
from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.updates import ChannelKind, Echoed, Edited, Pressed, Receipted, Said, Silent, Update
from bot.intake.claims import carry_claim, turns_instead
from bot.intake.flood import Haste, must_get_through
from bot.intake.held import free_held, settle_held
from bot.intake.joining import Apart, carry_join, locks_for, tell_origin
from bot.intake.rights import carry_out
from bot.intake.rows import fill
from bot.intake.tools import Tools
from bot.storage.broadcast_seen import count_seen
from bot.storage.colleagues import brought_by, may_bring
from bot.storage.dossiers import Unreadable, load_dossiers, new_dossier
from bot.storage.ids import address_id
from bot.storage.recovery import settle_echoes
from bot.storage.settling import TextEcho, settle_by_text
from bot.storage.staff_addresses import link_staff
from bot.storage.turns import Writes, grant_places, lock_and_drop_repeats, write_turns

log = logging.getLogger(__name__)

TOO_FAST = "intake.too-fast"
SORRY = "intake.fault"
"""Text id of the honest answer to an update that we could not handle."""


@dataclass(frozen=True, slots=True)
class WebMessage:
    """A message for an open web chat; its commit was its delivery."""

    address_id: int
    user_id: str
    outbox_id: int
    message: Message


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit asks of others: messages for open chats, accounts whose lane has work."""

    web: tuple[WebMessage, ...] = ()
    accounts: frozenset[int] = frozenset()


@dataclass(slots=True)
class Handled:
    """The result of one batch, by place in the batch: a turn, or None for a repeat."""

    turns: list[Turn | None]
    committed: Committed = field(default_factory=Committed)
    repeats: int = 0
    faults: int = 0
    respond_ns: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """One update on its way through the batch."""

    place: int
    update: Update
    talk: Talk
    turn: Turn
    fault: str = ""
    unreadable: bool = False
    tell: int | None = None


def handle_batch(
    connection: Connection,
    batch: Sequence[Update],
    catalogue: Catalogue,
    now: datetime,
    tools: Tools,
    hold: frozenset[int] = frozenset(),
) -> Handled:
    """Handle updates of different addresses in one transaction; the caller commits.

    An exception of the pure dialogue is caught per update: that one is kept aside in the same commit, its sender gets
    an honest answer, everybody else is served.

    Args:
        hold: addresses to lock besides those of the batch.

    Raises:
        Apart: one of them joins or parts people, which wants a batch of its own that holds more.
    """
    handled = Handled([None] * len(batch))
    ids = [address_id(update.account_id, update.user_id) for update in batch]
    fresh = _fresh(connection, batch, ids, now, tools, hold)
    handled.repeats = len(batch) - len(fresh)
    if not fresh:
        return handled
    open_ones = _respond_to(connection, batch, ids, fresh, catalogue, now, tools, handled)
    _set_apart(connection, open_ones, len(batch), now, tools, hold)
    _take_held(connection, open_ones, now)
    _grant(connection, open_ones)
    _link_staff(connection, open_ones, now)
    _join(connection, open_ones, now, tools)
    _ask_of_lines(connection, open_ones, now, tools)
    _see_brought(connection, open_ones)
    _write(connection, open_ones, catalogue, now, tools, handled)
    _tell(connection, open_ones, now, tools, handled)
    _settle(connection, open_ones, now, tools)
    _count_seen(connection, open_ones)
    turns = [(one.update, one.talk.dossier, one.turn) for one in open_ones]
    carry_out(connection, turns, now, tools, catalogue.rules.intervals)
    return handled


def _write(
    connection: Connection,
    open_ones: Sequence[_Open],
    catalogue: Catalogue,
    now: datetime,
    tools: Tools,
    handled: Handled,
) -> None:
    writes = Writes()
    web: list[WebMessage] = []
    accounts: set[int] = set()
    for one in open_ones:
        handled.turns[one.place] = one.turn
        for row, message in fill(writes, one.update, one.talk.dossier, one.turn, one.fault, now, catalogue, tools):
            if one.update.channel is ChannelKind.WEB:
                web.append(WebMessage(row["address_id"], one.update.user_id, row["id"], message))
            else:
                accounts.add(row["account_id"])
        for slot in free_held(connection, one.talk.dossier, one.turn, now):
            writes.released[slot] = writes.released.get(slot, 0) + 1
        if one.unreadable:  # what is sealed stays as it is: its key may come back
            kept = writes.addresses.pop(one.talk.dossier.address.id)
            writes.touched.append({"row": kept["id"], "at": kept["last_inbound_at"]})
    write_turns(connection, writes)
    handled.committed = Committed(tuple(web), frozenset(accounts))


def _fresh(
    connection: Connection,
    batch: Sequence[Update],
    ids: Sequence[int],
    now: datetime,
    tools: Tools,
    hold: frozenset[int] = frozenset(),
) -> list[int]:
    """Places of the updates that were never seen before; `ids` are their addresses."""
    rows = [
        {
            "address_id": identity,
            "update_id": update.update_id,
            "received_at": now,
            "kind": type(update.event).__name__.lower(),
            "text_sealed": tools.ring.seal_text(words_of(update), "seen.text"),
        }
        for identity, update in zip(ids, batch, strict=True)
    ]
    new = lock_and_drop_repeats(connection, rows, hold)
    return [place for place, row in enumerate(rows) if (row["address_id"], row["update_id"]) in new]


def words_of(update: Update) -> str | None:
    """What staff may read of an update beside the talk; None where there are no words."""
    match update.event:
        case Edited(of=of) if of:
            return None  # the words stand where the message that they change stands
        case Said(text) | Edited(text):
            return text
        case Pressed(payload, label):
            return label or payload
        case Echoed(text=text, by_human=True):
            return text
        case _:
            return None


def _respond_to(
    connection: Connection,
    batch: Sequence[Update],
    ids: Sequence[int],
    fresh: Sequence[int],
    catalogue: Catalogue,
    now: datetime,
    tools: Tools,
    handled: Handled,
) -> list[_Open]:
    dossiers = load_dossiers(connection, [ids[place] for place in fresh], tools.ring)
    opened = []
    for place in fresh:
        update, known = batch[place], dossiers.get(ids[place])
        if isinstance(known, Unreadable):
            opened.append(_unreadable(place, update, known, catalogue, now))
            handled.faults += 1
            continue
        if known is None:
            if isinstance(update.event, Silent):
                continue  # nobody to talk to: an echo, a receipt or an unfollow makes no address
            known = new_dossier(update)
        talk = Talk(known, catalogue, now, tools.seed())
        began = time.perf_counter_ns()
        turn, fault = _turn(talk, update)
        handled.respond_ns.append(time.perf_counter_ns() - began)
        turn = _slowed(talk, update, turn, tools)
        handled.faults += bool(fault)
        opened.append(_Open(place, update, talk, turn, fault))
    return opened


def _slowed(talk: Talk, update: Update, turn: Turn, tools: Tools) -> Turn:
    """Whoever writes far too fast is told so once, and then nothing happens but what must get through;
    words that are never kept are not kept then either."""
    if isinstance(update.event, Silent):
        return turn
    haste = tools.flood.haste(talk.dossier.address.id, update.update_id, min(update.sent_at, talk.now))
    if haste is Haste.CALM or must_get_through(turn):
        return turn
    conversation = talk.dossier.conversation
    told = Say(Message(talk.catalogue.words.text(TOO_FAST, conversation.language)), TOO_FAST)
    effects = () if haste is Haste.STILL_TOO_FAST else (told,)
    return replace(turn, conversation=conversation, effects=effects)


def _unreadable(place: int, update: Update, known: Unreadable, catalogue: Catalogue, now: datetime) -> _Open:
    """Their rows are under a lost key: kept aside and answered honestly like any fault; the others are served."""
    log.error("address %d cannot be read: its key is not in ENCRYPTION_KEYS", known.dossier.address.id)
    talk = Talk(known.dossier, catalogue, now)
    turn = Turn(known.dossier.conversation) if isinstance(update.event, Silent) else sorry(talk)
    return _Open(place, update, talk, turn, "LostKey in the dossier", unreadable=True)


def _turn(talk: Talk, update: Update | Refused | LineClaimed | Brought) -> tuple[Turn, str]:
    """The dialogue's turn, or an honest apology with the name of the fault."""
    try:
        return respond(talk, update), ""
    except Exception as error:
        return sorry(talk), f"{type(error).__name__} in respond"


def sorry(talk: Talk) -> Turn:
    """The answer when we could not handle an update: nothing changes, staff will look at it."""
    language = talk.dossier.conversation.language
    return Turn(talk.dossier.conversation, (Say(Message(talk.catalogue.words.text(SORRY, language)), SORRY),))


def _take_held(connection: Connection, open_ones: Sequence[_Open], now: datetime) -> None:
    """A yes to a place that was held: rare, one statement each; one that came too late is answered anew."""
    for one in open_ones:
        refused = settle_held(connection, one.talk.dossier, one.turn, now)
        if refused is not None:
            _answer_anew(one, refused)


def _grant(connection: Connection, open_ones: Sequence[_Open]) -> None:
    """Take the places that turns claim, first come first served; who gets none is answered anew, once."""
    _refuse_more_colleagues(connection, open_ones)
    claims = [(one, claim) for one in open_ones if (claim := one.turn.claim) is not None]
    granted = grant_places(connection, Counter(claim.slot_id for _, claim in claims))
    for one, claim in claims:
        if granted.get(claim.slot_id, 0) > 0:
            granted[claim.slot_id] -= 1
        else:
            one.talk = _without_slot(one.talk, claim)
            _answer_anew(one, claim)
            if one.turn.claim is not None:  # one refusal a turn; a second claim would need a second grant
                one.turn, one.fault = sorry(one.talk), one.fault or "claimed again after a refusal"


def _refuse_more_colleagues(connection: Connection, open_ones: Sequence[_Open]) -> None:
    """Rare: whoever has brought enough already is told so, and takes no place."""
    for one in open_ones:
        claim = one.turn.claim
        if isinstance(claim, Bring) and not may_bring(connection, one.talk.dossier.address.contact_id, claim.drive_id):
            _answer_anew(one, claim, ENOUGH)


def _answer_anew(one: _Open, effect: Register | Move | Bring | TakeHeld | LinkStaff | Joining, why: str = "") -> None:
    """The database could not grant it."""
    one.turn, fault = _turn(one.talk, Refused(effect, why))
    one.fault = one.fault or fault


def _link_staff(connection: Connection, open_ones: Sequence[_Open], now: datetime) -> None:
    """Codes from the console, typed in a chat: rare, a few statements each; one that is no good is answered anew."""
    for one in open_ones:
        for effect in one.turn.effects:
            if isinstance(effect, LinkStaff) and not link_staff(
                connection, effect.code, one.talk.dossier.address.id, now
            ):
                _answer_anew(one, effect)


def _set_apart(
    connection: Connection, open_ones: Sequence[_Open], size: int, now: datetime, tools: Tools, hold: frozenset[int]
) -> None:
    for one in open_ones:
        wanted = locks_for(connection, one.talk, one.turn, now, tools)
        if wanted is not None and (size > 1 or not wanted <= hold):
            raise Apart(one.place, wanted | hold)


def _join(connection: Connection, open_ones: Sequence[_Open], now: datetime, tools: Tools) -> None:
    """Addresses of one person: rare, a few statements each; before the address is written."""
    for one in open_ones:
        for effect in one.turn.effects:
            if not isinstance(effect, Joining):
                continue
            carried = carry_join(connection, one.talk, effect, now, tools)
            one.talk, one.tell = carried.talk, carried.tell
            if carried.refused is not None:
                _answer_anew(one, effect, carried.refused.why)


def _ask_of_lines(connection: Connection, open_ones: Sequence[_Open], now: datetime, tools: Tools) -> None:
    """Old lists, once every place is granted: who is asked about a line, and what became of a yes."""
    for place, turn in turns_instead(connection, [one.turn for one in open_ones], now, tools).items():
        open_ones[place].turn = finish(open_ones[place].talk, turn)
    for one in open_ones:
        outcome = carry_claim(connection, one.talk, one.turn, now, tools)
        if outcome is not None:
            one.turn, fault = _turn(one.talk, outcome)
            one.fault = one.fault or fault


def _see_brought(connection: Connection, open_ones: Sequence[_Open]) -> None:
    """Places for colleagues are looked up only for whoever asks for theirs."""
    for one in open_ones:
        if any(isinstance(effect, SeeBrought) for effect in one.turn.effects):
            found = Brought(brought_by(connection, one.talk.dossier.address.contact_id))
            one.turn, fault = _turn(one.talk, found)
            one.fault = one.fault or fault


def _tell(connection: Connection, open_ones: Sequence[_Open], now: datetime, tools: Tools, handled: Handled) -> None:
    """The address that a code or link came from hears what it was used for."""
    for one in open_ones:
        told = None if one.tell is None else tell_origin(connection, one.talk, one.tell, now, tools)
        if told is None:
            continue
        row, home, message = told
        committed = handled.committed
        if home.channel is ChannelKind.WEB:
            web = WebMessage(home.id, home.user_id, row["id"], message)
            handled.committed = replace(committed, web=(*committed.web, web))
        else:
            handled.committed = replace(committed, accounts=committed.accounts | {home.account_id})


def _without_slot(talk: Talk, claim: Register | Move | Bring) -> Talk:
    drives = tuple(drive.with_slot_full(claim.slot_id) for drive in talk.catalogue.drives)
    return replace(talk, catalogue=replace(talk.catalogue, drives=drives))


def _settle(connection: Connection, open_ones: Sequence[_Open], now: datetime, tools: Tools) -> None:
    """Echoes prove what went out: by our key where the platform gives it back, else by the same words."""
    keyed, by_text = [], []
    for one in open_ones:
        event = one.update.event
        if not isinstance(event, Echoed) or event.by_human:
            continue
        if event.metadata:
            keyed.append({"echo_key": event.metadata, "echo_id": event.platform_id})
        elif event.text:
            address = one.talk.dossier.address.id
            by_text.append(TextEcho(address, event.platform_id, event.text, one.update.sent_at))
    settle_echoes(connection, keyed, now)
    settle_by_text(connection, tools.ring, by_text, now)


def _count_seen(connection: Connection, open_ones: Sequence[_Open]) -> None:
    events = ((one.talk.dossier.address.id, one.update.event) for one in open_ones)
    count_seen(connection, {at: e.platform_ids for at, e in events if isinstance(e, Receipted) and e.kind == "seen"})


def keep_update_aside(
    connection: Connection, update: Update, fault: str, catalogue: Catalogue, now: datetime, tools: Tools
) -> Handled:
    """The last resort for an update that cannot be written: keep it aside, apologise, change nothing else."""
    handled = Handled([None], faults=1)
    identity = address_id(update.account_id, update.user_id)
    if not _fresh(connection, [update], [identity], now, tools):
        return replace(handled, repeats=1)
    known = load_dossiers(connection, [identity], tools.ring).get(identity) or new_dossier(update)
    unreadable = isinstance(known, Unreadable)
    talk = Talk(known.dossier if isinstance(known, Unreadable) else known, catalogue, now)
    one = _Open(0, update, talk, sorry(talk), fault, unreadable=unreadable)
    _write(connection, [one], catalogue, now, tools, handled)
    return handled
