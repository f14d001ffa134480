"""Answers worked out for the person who asks: their day instead of the rule alone. The doctor at the site decides."""

import re
from collections.abc import Callable
from datetime import date

from bot.dialog.saying import language, words
from bot.dialog.talk import Talk
from bot.dialog.wording import local_day, plain_date
from bot.domain.donations import Component, Donation, next_on
from bot.domain.rules import Counted, DeferralRule, NoRules, Rules
from bot.understanding.bodies import read_age, read_weight
from bot.understanding.folding import fold
from bot.understanding.reader import Reading
from bot.understanding.times import Since, read_since

_WELL = re.compile(r"\b(?:khoi|het|lanh|binh phuc|am tinh|xong)\b")
"""They say that it is over, so the day they tell is the one from which recovery counts."""

_PLATELETS, _PLASMA = ("tieu cau", "platelet"), ("huyet tuong", "plasma")


def answer_for(talk: Talk, reading: Reading, text: str) -> str | None:
    """The words for this person, or None where the general answer is all there is.

    Args:
        text: what was asked: a date, an age or a weight in it is used at once and never kept.
    """
    today = local_day(talk.now, talk.catalogue.zone)
    try:
        rules = talk.catalogue.rules.on(today)
    except NoRules:
        return None
    by_intent = _BY_INTENT.get(reading.intent, _deferral)
    return by_intent(talk, rules, reading, text, today)


_Computed = Callable[[Talk, Rules, Reading, str, date], str | None]


def _interval(talk: Talk, _rules: Rules, _reading: Reading, text: str, today: date) -> str | None:
    """From the day they tell; else from what we know of their last donation."""
    since = read_since(text, today)
    if since is not None:
        day = next_on(Donation(since.day, _component(text)), talk.catalogue.rules.intervals)
        return _by_day(talk, "computed.interval", day, today, last_on=_said(talk, since))
    last, day_known = talk.dossier.last_given_on, talk.dossier.next_on
    if last is None or day_known is None:
        return None
    return _by_day(talk, "computed.interval", day_known, today, last_on=_plain(talk, last))


def _component(text: str) -> Component:
    said = fold(text)
    if any(word in said for word in _PLATELETS):
        return Component.PLATELETS
    return Component.PLASMA if any(word in said for word in _PLASMA) else Component.WHOLE_BLOOD


def _age(talk: Talk, rules: Rules, _reading: Reading, text: str, today: date) -> str | None:
    age, limits = read_age(text, today), rules.limits
    if age is None:
        return None
    ages = {"age": age, "youngest": limits.youngest, "oldest": limits.oldest}
    if age < limits.youngest:
        return words(talk, "computed.age-under", **ages)
    if age > limits.oldest:
        return words(talk, "computed.age-over", **ages)
    # By the year of birth alone somebody of seventeen counts as eighteen: the day is theirs to know.
    return words(talk, "computed.age-within", **ages)


def _weight(talk: Talk, rules: Rules, _reading: Reading, text: str, _today: date) -> str | None:
    kg, limits = read_weight(text), rules.limits
    if kg is None:
        return None
    values = {"kg": _number(kg), "least": _number(limits.lightest), "enough": _number(limits.heavy_enough)}
    volume = limits.volume(kg)
    if volume is None:
        return words(talk, "computed.weight-under", **values)
    kind = "computed.weight-between" if kg < limits.heavy_enough else "computed.weight-enough"
    return words(talk, kind, **values, ml=volume)


def _deferral(talk: Talk, rules: Rules, reading: Reading, text: str, today: date) -> str | None:
    """Something with a wait, and when it was: the first day that is left open."""
    rule, since = _named(rules, reading.intent, text), read_since(text, today)
    if rule is None or since is None:
        return None
    day = talk.catalogue.rules.after(rule.id, since.day)
    told = {"what": words(talk, f"rule.{rule.id}"), "last_on": _said(talk, since)}
    if rule.counted is Counted.RECOVERY and not _WELL.search(fold(text)):
        return words(talk, "computed.wait-until-well", next_on=_plain(talk, day), **told) if day > today else None
    counted = "" if rule.counted is Counted.EVENT else words(talk, f"computed.counted.{rule.counted}")
    return _by_day(talk, "computed.wait", day, today, counted=counted, **told)


def _named(rules: Rules, intent: str, text: str) -> DeferralRule | None:
    """The one rule of this kind of question whose words are in the text; of several nothing is chosen."""
    said = f" {fold(text)} "
    found = [
        rule for rule in rules.deferrals if intent in rule.about and any(f" {name} " in said for name in rule.said)
    ]
    return found[0] if len(found) == 1 else None


def _by_day(talk: Talk, kind: str, day: date, today: date, **values: object) -> str:
    """One wording for a day that is ahead, one for a day that is past."""
    text_id = kind if day > today else f"{kind}-over"
    return words(talk, text_id, next_on=_plain(talk, day), **values)


def _said(talk: Talk, since: Since) -> str:
    """The day as we took it; where only "two months ago" was told, that it is about then."""
    day = _plain(talk, since.day)
    return words(talk, "computed.about", date=day) if since.about else day


def _plain(talk: Talk, day: date) -> str:
    return plain_date(day, language(talk))


def _number(kg: float) -> str:
    return f"{kg:g}".replace(".", ",")


_BY_INTENT: dict[str, _Computed] = {
    "interval": _interval,
    "eligibility.age": _age,
    "eligibility.weight_volume": _weight,
}
