"""Posters: somebody comes by a code, scanned or typed; nothing that was filled in is thrown away without a question."""

from collections.abc import Iterable
from itertools import islice

from bot.dialog import human, mine
from bot.dialog.drives import MOST, booked_at, facts, has_place, label, lines, registrable
from bot.dialog.form_answers import unit_name
from bot.dialog.menu import menu_choices, onward
from bot.dialog.open_form import advance, open_form, where_we_are
from bot.dialog.payloads import Go, Join, Poster, steering
from bot.dialog.references import Meant, answers_by, contradicts, meant, news, of_poster
from bot.dialog.registration import begin
from bot.dialog.saying import choice, say, with_conversation, with_text, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.dialog.wording import long_day
from bot.domain.changing import replace
from bot.domain.drives import Drive
from bot.domain.messages import Choice
from bot.domain.references import PREFIX, Reference
from bot.understanding.typed_codes import TypedCode, typed_code

GUESSES = 3
"""Codes offered in the place of one that does not exist."""

ABOUT_THE_DRIVE = ("register", "where_when", "greeting")
"""What else a text with a code may ask and still be answered by showing its drive."""


def came(talk: Talk, ref: str) -> Turn | None:
    """The talk was opened by a poster or a link; None when its reference is none of ours."""
    wanted = meant(talk, ref)
    if wanted is not None:
        return _shown(talk, wanted)
    code = typed_code(ref) if ref else None
    return _not_known(talk, code.digits) if code and code.alone else None


def typed(talk: Talk, text: str) -> Turn | None:
    """A code in typed text. Inside other words only a code that exists counts, and a question is answered first."""
    code = typed_code(text)
    if code is None or human.owned_by_staff(talk):
        return None
    reference = talk.catalogue.references.find(code.digits)
    if reference is None:
        return _not_known(talk, code.digits) if code.alone else None
    if not code.alone and _asks_something_else(talk, code):
        return None
    return _shown(talk, of_poster(talk, reference), register=code.register)


def pressed(talk: Talk, press: Poster) -> Turn | None:
    """A code that was offered is tapped, or the change in mid-form is wanted."""
    reference = talk.catalogue.references.by_number.get(press.number)
    if reference is None:
        return None
    return _shown(talk, of_poster(talk, reference), sure=press.sure)


def _asks_something_else(talk: Talk, code: TypedCode) -> bool:
    reading = talk.catalogue.reader.read(code.rest)
    return reading.answered and reading.intent not in ABOUT_THE_DRIVE


def _shown(talk: Talk, wanted: Meant, *, register: bool = False, sure: bool = False) -> Turn:
    """The drive, with the way to register for it; or why there is none, with the others."""
    talk = with_conversation(talk, replace(talk.dossier.conversation, ref=wanted.ref))
    drive = wanted.drive
    if drive is None:
        return _elsewhere(talk, "poster.not-yet" if wanted.not_yet else "poster.over", code=wanted.ref)
    held = booked_at(talk, drive.id)
    if held is not None:
        return mine.already(talk, held)
    if not has_place(talk, drive):
        return _elsewhere(talk, "poster.full", **facts(talk, drive))
    if talk.dossier.conversation.form is not None:
        return _in_the_form(talk, wanted, drive, sure=sure)
    return begin(talk, drive.id) if register or sure else _offered(talk, wanted, drive)


def _offered(talk: Talk, wanted: Meant, drive: Drive) -> Turn:
    """Registering means this drive; whoever is new learns who speaks."""
    text_id = "poster.drive" if talk.dossier.conversation.greeted else "greeting.hello-drive"
    rest = tuple(c for c in menu_choices(talk) if c.payload != str(Go("register")))
    said = say(talk, text_id, choice(talk, "join", Join(drive.id)), *rest, **facts(talk, drive))
    return Turn(talk.dossier.conversation, (_with_unit(talk, said, wanted),))


def _with_unit(talk: Talk, said: Say, wanted: Meant) -> Say:
    if wanted.unit_id is None:
        return said
    line = words(talk, "poster.unit", unit=unit_name(talk, wanted.unit_id))
    return with_text(said, f"{said.message.text}\n{line}", said.about)


def _in_the_form(talk: Talk, wanted: Meant, drive: Drive, *, sure: bool) -> Turn:
    """What was not said yet is taken; what would change is asked."""
    form = open_form(talk)
    if not news(wanted, form.answers):
        return where_we_are(talk)
    if sure or not contradicts(wanted, form.answers):
        slot = {"slot_id": None} if form.answers.get("drive_id") != drive.id else {}
        taken = replace(form, answers={**form.answers, **answers_by(wanted), **slot})
        return advance(talk, taken, _with_unit(talk, say(talk, "poster.taken", **facts(talk, drive)), wanted))
    there = Join(drive.id) if wanted.number is None else Poster(wanted.number, sure=True)
    change = choice(talk, "poster-change", there)
    stay = choice(talk, "keep", steering(form, "go"))
    told = _with_unit(talk, say(talk, "poster.change", change, stay, **facts(talk, drive)), wanted)
    said = with_text(told, f"{told.message.text}\n{words(talk, 'poster.change-ask')}", told.about)
    return Turn(talk.dossier.conversation, (said,))


def _elsewhere(talk: Talk, text_id: str, **values: object) -> Turn:
    """Kindly no, and what is open instead; in mid-form the question goes on."""
    if talk.dossier.conversation.form is not None:
        return where_we_are(talk, say(talk, text_id, **values))
    drives = registrable(talk)[:MOST]
    joins = tuple(Choice(label(talk, drive), str(Join(drive.id))) for drive in drives)
    said = say(talk, text_id, *joins, *(onward(talk) if joins else menu_choices(talk)), **values)
    if joins:
        said = with_text(
            said, f"{said.message.text}\n{words(talk, 'poster.others', list=lines(talk, drives))}", text_id
        )
    return Turn(talk.dossier.conversation, (said,))


def _not_known(talk: Talk, digits: str) -> Turn:
    """Most likely a slip: what may have been meant is offered, never opened."""
    code, guesses = f"{PREFIX}{digits}", tuple(islice(_guesses(talk, digits), GUESSES))
    if not guesses:
        return _elsewhere(talk, "poster.not-known", code=code)
    listed = "\n".join(_guess_line(talk, guess, drive) for guess, drive in guesses)
    picks = tuple(Choice(guess.code, str(Poster(guess.number))) for guess, _ in guesses)
    said = say(talk, "poster.meant", *picks, *onward(talk), code=code, list=listed)
    return Turn(talk.dossier.conversation, (said,))


def _guesses(talk: Talk, digits: str) -> Iterable[tuple[Reference, Drive]]:
    for reference in talk.catalogue.references.near(digits):
        drive = talk.catalogue.drive(reference.drive_id or 0)
        if drive is not None:
            yield reference, drive


def _guess_line(talk: Talk, guess: Reference, drive: Drive) -> str:
    zone, language = talk.catalogue.zone, talk.dossier.conversation.language
    day, unit = long_day(drive.starts_at, zone, language), unit_name(talk, guess.unit_id)
    return words(talk, "poster.guess", code=guess.code, drive=drive.name, day=day, unit=unit)
