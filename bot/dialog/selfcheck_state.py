"""The state of a self-check: the step and the running outcome, as JSON values in the conversation. No answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.dialog.payloads import Check
from bot.dialog.selfcheck_groups import STEPS
from bot.dialog.talk import Talk
from bot.dialog.wording import local_day
from bot.domain.changing import replace
from bot.domain.conversations import SELF_CHECK, FormState
from bot.domain.eligibility import Told, expect
from bot.domain.rules import NoRules, RuleBook
from bot.domain.selfcheck import Running

BACK = "back"
"""Where the last answer was given, for one step back; with it stands the outcome of before, `before_…`."""


def opened(talk: Talk, drive_id: int) -> FormState:
    """A new check, with what the person's own data say; the drive is where they came from, to go back to."""
    serial = talk.dossier.conversation.serial + 1
    person, dossier = talk.dossier.person, talk.dossier
    until = max((day for day in (dossier.next_on, dossier.deferred_until) if day), default=None)
    told = Told(born=person.birth_date if person else None, deferred_until=until)
    form = FormState(SELF_CHECK, serial, "", {"drive": drive_id} if drive_id else {}, touched_at=talk.now)
    form = counted(talk, form, told)
    return replace(form, step=next_step(talk, ""))


def next_step(talk: Talk, step: str) -> str:
    """The question after this one; "" when that was the last."""
    group = step.partition("-")[0]
    behind = STEPS[STEPS.index(group) + 1 :] if group else STEPS
    return next((one for one in behind if _is_asked(talk, one)), "")


def _is_asked(talk: Talk, step: str) -> bool:
    """What the person's data tell is not asked again."""
    dossier = talk.dossier
    if step == "age":
        return dossier.person is None
    return step != "last" or dossier.next_on is None or dossier.next_on <= today(talk)


def today(talk: Talk) -> date:
    return local_day(talk.now, talk.catalogue.zone)


def book_of(talk: Talk) -> RuleBook | None:
    """The rules, if any are known for today."""
    try:
        talk.catalogue.rules.on(today(talk))
    except NoRules:
        return None
    return talk.catalogue.rules


def running(form: FormState) -> Running:
    return _running(form.answers, "")


def counted(talk: Talk, form: FormState, told: Told) -> FormState:
    """One more thing was told: it goes into the outcome and is gone."""
    one = expect(told, talk.catalogue.rules, today(talk))
    return replace(form, answers={**_without(form.answers, "item"), **_values(running(form).with_one(one), "")})


def moved(before: FormState, after: FormState, step: str, item: str = "") -> FormState:
    """On to another question; the way back is remembered."""
    answers = {
        **{name: value for name, value in after.answers.items() if name == "drive"},
        **_values(running(after), ""),
        **_values(running(before), "before_"),
        BACK: before.step,
        "before_item": before.answers.get("item", ""),
        "item": item,
    }
    return replace(after, step=step, answers={k: v for k, v in answers.items() if v}, misses=0)


def stepped_back(form: FormState) -> FormState | None:
    """The question before, with the outcome as it was; None when only the beginning is left to go back to."""
    step = form.answers.get(BACK)
    if not step:
        return None
    answers = {
        "drive": form.answers.get("drive", 0),
        "item": form.answers.get("before_item", ""),
        **_values(_running(form.answers, "before_"), ""),
    }
    return replace(form, step=str(step), answers={k: v for k, v in answers.items() if v}, misses=0)


def press(form: FormState, value: str) -> Check:
    return Check(form.serial, form.step, value)


def _running(answers: Mapping[str, Any], prefix: str) -> Running:
    until = answers.get(f"{prefix}until")
    return Running(
        date.fromisoformat(until) if until else None,
        bool(answers.get(f"{prefix}doctor")),
        answers.get(f"{prefix}ml") or None,
    )


def _values(one: Running, prefix: str) -> dict[str, Any]:
    """Only what is something: an empty outcome is an empty mapping."""
    values = {
        "until": one.until.isoformat() if one.until else "",
        "doctor": one.for_the_doctor,
        "ml": one.ml or 0,
    }
    return {f"{prefix}{name}": value for name, value in values.items() if value}


def _without(answers: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in answers.items() if key != name}
