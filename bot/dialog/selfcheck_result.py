"""What a self-check comes to: usually, not before, ask the doctor; never a verdict. And the next steps."""

from datetime import date, timedelta

from bot.dialog.drives import registrable
from bot.dialog.menu import onward
from bot.dialog.payloads import Go, Join, Read, RemindOn
from bot.dialog.saying import choice, language, say, to, with_text, words
from bot.dialog.selfcheck_answers import Early
from bot.dialog.selfcheck_state import running, today
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import local_day, plain_date
from bot.domain.conversations import FormState
from bot.domain.eligibility import Advice, Expectation, expect
from bot.domain.messages import Choice
from bot.domain.selfcheck import Running
from bot.domain.updates import ChannelKind


def result(talk: Talk, form: FormState) -> Say:
    """The outcome in words; `talk` is already without the form."""
    come_to = running(form)
    expected = expect(come_to.as_told(), talk.catalogue.rules, today(talk))
    kind = _kind(talk, expected)
    day = plain_date(expected.not_before, language(talk)) if expected.not_before else ""
    said = say(talk, f"self-check.{kind}", *_next_steps(talk, form, expected), next_on=day)
    parts = [said.message.text, *_beside(talk, come_to, expected), words(talk, "self-check.decides")]
    return with_text(said, "\n\n".join(parts), said.about)


def early(talk: Talk, why: Early) -> Say:
    """Too young, or too light for every bag: the rule says it without another question."""
    limits = talk.catalogue.rules.on(today(talk)).limits
    values = {"youngest": limits.youngest, "least": f"{limits.lightest:g}", "enough": f"{limits.heavy_enough:g}"}
    light = Choice(words(talk, "topic.underweight.title"), str(Read("underweight")))
    more = light if why is Early.LIGHT else to(talk, "topics")
    said = say(talk, f"self-check.{why}", more, to(talk, "human"), *onward(talk), **values)
    return with_text(said, f"{said.message.text}\n\n{words(talk, 'self-check.decides')}", said.about)


def _kind(talk: Talk, expected: Expectation) -> str:
    tomorrow = today(talk) + timedelta(days=1)
    if expected.advice is Advice.WAIT and expected.not_before == tomorrow:
        return "not-today"
    return str(expected.advice)


def _beside(talk: Talk, come_to: Running, expected: Expectation) -> tuple[str, ...]:
    doubt = come_to.for_the_doctor and expected.advice is Advice.WAIT
    return (
        *((words(talk, "self-check.and-doctor"),) if doubt else ()),
        *((words(talk, "self-check.volume", ml=come_to.ml),) if come_to.ml else ()),
    )


def _next_steps(talk: Talk, form: FormState, expected: Expectation) -> tuple[Choice, ...]:
    """Register where a drive is late enough; be reminded of the day; ask a person."""
    register = (_register(talk, form),) if _may_register(talk, expected.not_before) else ()
    remind = _remind(talk, expected.not_before)
    reads = choice(talk, "before", Read("before")) if expected.advice is Advice.MAY_COME else to(talk, "topics")
    return (*remind, *register, reads, to(talk, "human"), *onward(talk))


def _may_register(talk: Talk, not_before: date | None) -> bool:
    zone = talk.catalogue.zone
    return any(not_before is None or local_day(d.starts_at, zone) >= not_before for d in registrable(talk))


def _register(talk: Talk, form: FormState) -> Choice:
    """To the drive that they came from, where there was one."""
    drive_id = int(form.answers.get("drive", 0))
    return choice(talk, "register", Join(drive_id) if drive_id else Go("register"))


def _remind(talk: Talk, day: date | None) -> tuple[Choice, ...]:
    """Only where the promise can be kept: reminders never go to the web chat."""
    dossier = talk.dossier
    if day is None or dossier.person is None or dossier.address.channel is ChannelKind.WEB:
        return ()
    return (choice(talk, "check-remind", RemindOn(day)),)
