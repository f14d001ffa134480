"""What people's rights ask of a commit beyond its rows: requests are noted, a report goes up, erasure comes last."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.dialog.turns import (
    AskLater,
    AskRoute,
    CancelBrought,
    Erase,
    EraseLine,
    KeepRhythm,
    NameCard,
    NoteUnanswered,
    RateTopic,
    ReportPressure,
    ShowData,
    TellDonation,
    Turn,
    WithdrawConsent,
)
from bot.domain.contacts import Dossier
from bot.domain.donations import Donation, Intervals, Source
from bot.domain.updates import AskedErasure, Update
from bot.intake.claims import erase_lines
from bot.intake.tools import Tools
from bot.storage.cards import name_card
from bot.storage.colleagues import cancel_brought
from bot.storage.data_requests import note_request
from bot.storage.erasing import erase_person
from bot.storage.joining import note_asked_route
from bot.storage.outcomes import record_donation
from bot.storage.pressure import report_pressure
from bot.storage.questions import keep_ratings, keep_unanswered
from bot.storage.reminder_wishes import ask_later, keep_rhythm


def carry_out(
    connection: Connection,
    turns: Sequence[tuple[Update, Dossier, Turn]],
    now: datetime,
    tools: Tools,
    intervals: Intervals,
) -> None:
    """After the rows of the batch are written. Each of these effects is rare and adds its own statements: one for a
    request or a report, what `erase_person` needs for an erasure."""
    for _, dossier, turn in turns:
        for effect in turn.effects:
            match effect:
                case ShowData():
                    note_request(connection, "show", "chat", now, contact_id=dossier.address.contact_id)
                case WithdrawConsent():
                    note_request(connection, "withdraw", "chat", now, contact_id=dossier.address.contact_id)
                case ReportPressure(unit_id, words, call_back):
                    back_to = dossier.address.id if call_back else None
                    report_pressure(connection, tools.ring, unit_id, words, back_to, now)
                case EraseLine():
                    erase_lines(connection, dossier, effect, now, tools)
                case AskRoute():
                    note_asked_route(connection, dossier.address.id, now)
                case AskLater(until) if dossier.person is not None:
                    ask_later(connection, dossier.address.contact_id, until)
                case KeepRhythm(rhythm) if dossier.person is not None:
                    keep_rhythm(connection, dossier.address.contact_id, rhythm)
                case TellDonation() if dossier.person is not None:
                    told = Donation(effect.day, effect.component, verified=False)
                    record_donation(connection, dossier.address.contact_id, told, Source.TOLD, intervals, now)
                case CancelBrought(ticket):
                    cancel_brought(connection, dossier.address.contact_id, ticket, now)
                case NameCard(name) if dossier.person is not None:
                    name_card(connection, tools.ring, dossier.address.contact_id, name)
                case _:
                    pass
    for update, dossier, turn in turns:
        if any(isinstance(effect, Erase) for effect in turn.effects):
            source = "platform" if isinstance(update.event, AskedErasure) else "chat"
            erase_person(connection, tools.ring, dossier.address.contact_id, now, source=source)
    _count(connection, [turn for _, _, turn in turns if turn.keep_words], now)


def _count(connection: Connection, turns: Sequence[Turn], now: datetime) -> None:
    """What questions tell of our content; last, so that nobody waits for other locks while holding these rows."""
    effects = [effect for turn in turns for effect in turn.effects]
    keep_unanswered(connection, [effect.words for effect in effects if isinstance(effect, NoteUnanswered)], now)
    keep_ratings(connection, [(effect.wording, effect.useful) for effect in effects if isinstance(effect, RateTopic)])
