"""Lines of old lists inside a batch: a question is asked only where exactly one line fits, a yes is granted once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.dialog.talk import Talk
from bot.dialog.turns import ClaimLine, EraseLine, LineClaimed, OfferLine, Refused, Turn
from bot.domain.contacts import Dossier
from bot.intake.tools import Tools
from bot.storage.claims import claim_line, erase_line, fit_one, next_on_of


def turns_instead(connection: Connection, turns: Sequence[Turn], now: datetime, tools: Tools) -> dict[int, Turn]:
    """By place: the turns that stand instead. One look-up for the whole batch, and none where nobody registered."""
    offers = [
        (place, effect) for place, turn in enumerate(turns) for effect in turn.effects if isinstance(effect, OfferLine)
    ]
    if not offers:
        return {}
    fitting = fit_one(connection, tools.ring, [offer.person for _, offer in offers], now)
    return {place: offer.instead for (place, offer), fits in zip(offers, fitting, strict=True) if fits}


def carry_claim(
    connection: Connection, talk: Talk, turn: Turn, now: datetime, tools: Tools
) -> LineClaimed | Refused | None:
    """What became of a yes; None for every other turn."""
    claim = next((effect for effect in turn.effects if isinstance(effect, ClaimLine)), None)
    if claim is None:
        return None
    contact_id, intervals = talk.dossier.address.contact_id, talk.catalogue.rules.intervals
    claimed = claim_line(connection, tools.ring, contact_id, claim.person, intervals, now)
    if claimed is None:
        return Refused(claim)
    return LineClaimed(claimed.donations, claimed.last_given_on, next_on_of(connection, contact_id))


def erase_lines(connection: Connection, dossier: Dossier, effect: EraseLine, now: datetime, tools: Tools) -> None:
    """ "Xoá dòng đó đi", of somebody who is a contact."""
    if dossier.person is not None:
        erase_line(connection, tools.ring, effect.person, now)
