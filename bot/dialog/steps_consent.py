"""The form's first questions: the two consents, each empty at first, and whether to use what we already know."""

from bot.dialog.ages import refusal
from bot.dialog.form_answers import answers_of, donation_day, unit_name
from bot.dialog.payloads import answering
from bot.dialog.saying import choice, language, organiser, say, to, words
from bot.dialog.steps import Ended, Given, Kept, Missed, Step, Taken, yes_or_no
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import plain_date, spoken_phone
from bot.domain.consents import Purpose
from bot.domain.conversations import FormState


def _ask_consent(talk: Talk, form: FormState) -> Say:
    agree, no = choice(talk, "agree", answering(form, "yes")), choice(talk, "disagree", answering(form, "no"))
    channel = words(talk, f"channel.{talk.dossier.address.channel}")
    first_look = to(talk, "check")
    return say(talk, "consent.registration", agree, no, first_look, organiser=organiser(talk), channel=channel)


def _take_consent(talk: Talk, form: FormState, given: Given) -> Taken:
    match yes_or_no(given):
        case True:
            return Kept({"consent": talk.catalogue.words.wording("consent.registration")})
        case False:
            return Ended(Missed("registration.no-consent"))
    return Missed("registration.consent.unclear")


def _ask_reminder(talk: Talk, form: FormState) -> Say:
    yes, no = choice(talk, "remind-me", answering(form, "yes")), choice(talk, "no-reminder", answering(form, "no"))
    return say(talk, "consent.reminder", yes, no, organiser=organiser(talk))


def _take_reminder(talk: Talk, form: FormState, given: Given) -> Taken:
    match yes_or_no(given):
        case True:
            return Kept({"reminder": talk.catalogue.words.wording("consent.reminder")})
        case False:
            return Kept({"reminder": ""})
    return Missed("registration.reminder.unclear")


def _reuse_is_open(talk: Talk, form: FormState) -> bool:
    return talk.dossier.person is not None and "reuse" not in form.answers and "name" not in form.answers


def _ask_reuse(talk: Talk, form: FormState) -> Say:
    person = talk.dossier.person
    if person is None:
        raise ValueError("there is nothing to reuse for a person we do not know")
    return say(
        talk, "registration.ask-reuse",
        choice(talk, "reuse", answering(form, "yes")), choice(talk, "anew", answering(form, "no")),
        name=person.name, birth_date=plain_date(person.birth_date, language(talk)),
        phone=spoken_phone(person.phone), unit=unit_name(talk, form.answers.get("unit_id", person.unit_id)),
    )  # fmt: skip


def _take_reuse(talk: Talk, form: FormState, given: Given) -> Taken:
    person, reuse = talk.dossier.person, yes_or_no(given)
    if reuse is None:
        return Missed("registration.reuse.unclear")
    if not reuse or person is None:
        return Kept({"reuse": False})
    refused = refusal(talk, person.birth_date, donation_day(talk, form.answers))
    by_poster = {name: form.answers[name] for name in ("unit_id",) if name in form.answers}
    return Ended(refused) if refused else Kept({"reuse": True, **answers_of(person), **by_poster})


CONSENT = Step("consent", lambda talk, form: "consent" not in form.answers, _ask_consent, _take_consent)
REMINDER = Step(
    "reminder",
    lambda talk, form: "reminder" not in form.answers and Purpose.REMINDER not in talk.dossier.consents,
    _ask_reminder,
    _take_reminder,
)
REUSE = Step("reuse", _reuse_is_open, _ask_reuse, _take_reuse)
