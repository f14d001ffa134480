"""A question asked for trial: what each channel would show. Nothing is stored and nobody is told."""

from collections.abc import Mapping
from datetime import datetime

from bot.channels.fit import fit
from bot.dialog.respond import respond
from bot.dialog.talk import Catalogue, Talk
from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind, Said, Update
from bot.intake.catalogues import no_link
from bot.intake.rows import HINT
from bot.storage.dossiers import new_dossier

NOBODY = 1
"""A seed without chance, an account that is none."""


def rehearse(
    catalogue: Catalogue, limits: Mapping[ChannelKind, Limits], text: str, now: datetime
) -> dict[ChannelKind, tuple[Message, ...]]:
    """What somebody new would get in answer to these words, by channel."""
    shown = replace(catalogue, form_link=no_link, me_link=no_link)
    hint = catalogue.words.text(HINT, "vi")
    answers = {}
    for channel, most in limits.items():
        update = Update(NOBODY, channel, "rehearsal", "1", now, Said(text))
        turn = respond(Talk(new_dossier(update), shown, now, NOBODY), update)
        answers[channel] = fit(turn.messages, most, hint)
    return answers
