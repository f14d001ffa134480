"""When we may write: the usual hours, or those of somebody who works nights and sleeps by day."""

from bot.dialog.menu import onward
from bot.dialog.payloads import Hours
from bot.dialog.saying import choice, say, to_topic
from bot.dialog.talk import Talk
from bot.dialog.turns import KeepRhythm, Turn
from bot.domain.messages import Choice
from bot.domain.quiet_hours import QuietHours
from bot.domain.rhythms import NIGHTS, USUAL, quiet_for
from bot.understanding.shifts import read_shift


def ask(talk: Talk) -> Turn:
    """The hours in which we are silent now, and both presets."""
    picks = (choice(talk, "night-shift", Hours(NIGHTS)), choice(talk, "usual-hours", Hours(USUAL)))
    said = say(talk, "rhythm.ask", *picks, *onward(talk), **_silent(talk, talk.dossier.rhythm))
    return Turn(talk.dossier.conversation, (said,))


def choose(talk: Talk, rhythm: str) -> Turn:
    """Kept for whoever is a contact; the other preset and what the shift means for giving are one tap away."""
    if talk.dossier.person is None:
        return Turn(talk.dossier.conversation, (say(talk, "rhythm.register-first", *onward(talk)),))
    other = (
        choice(talk, "usual-hours", Hours(USUAL)) if rhythm == NIGHTS else choice(talk, "night-shift", Hours(NIGHTS))
    )
    text_id = "rhythm.nights" if rhythm == NIGHTS else "rhythm.usual"
    said = say(talk, text_id, *_shift_topic(talk, rhythm), other, *onward(talk), **_silent(talk, rhythm))
    kept = () if rhythm == talk.dossier.rhythm else (KeepRhythm(rhythm),)
    return Turn(talk.dossier.conversation, (*kept, said))


def typed(talk: Talk, text: str) -> Turn | None:
    """ "Tôi làm ca đêm": told of oneself, where no form asks for something else."""
    if talk.dossier.conversation.form is not None:
        return None
    rhythm = read_shift(text)
    return None if rhythm is None else choose(talk, rhythm)


def _shift_topic(talk: Talk, rhythm: str) -> tuple[Choice, ...]:
    """Giving after a night without sleep is what they may want to ask next."""
    return (to_topic(talk, "sleep-shift"),) if rhythm == NIGHTS else ()


def _silent(talk: Talk, rhythm: str) -> dict[str, object]:
    outlook = talk.catalogue.outlook
    quiet = quiet_for(rhythm, outlook.quiet if outlook else QuietHours(talk.catalogue.zone))
    return {"starts": f"{quiet.begin:%H:%M}", "ends": f"{quiet.end:%H:%M}"}
