"""The questions of the self-check: their words, and what can be tapped."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from itertools import pairwise

from bot.dialog.saying import choice, language, say, words
from bot.dialog.selfcheck_groups import GROUPS, PRIVATE, Group, Item, bands_for, item_named
from bot.dialog.selfcheck_state import next_step, press, today
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import plain_date, short_day
from bot.domain.conversations import FormState
from bot.domain.donations import Component
from bot.domain.messages import Choice
from bot.domain.rules import Counted, DeferralRule, Rules
from bot.domain.selfcheck import rested_from
from bot.domain.terms import Wait

PAGE = 6
"""Things a page of a list: with "more", "something else" and two ways out it stays within ten choices."""

STOP_BY = {Counted.RECOVERY: "not-well-yet", Counted.STOPPING: "still-taking"}
"""For what goes on today, by what the wait is counted from."""


def ask(talk: Talk, form: FormState, page: int = 0) -> Say:
    """The open question with its choices, and always the ways back and out."""
    said = _question(talk, form, page)
    if said is None:
        raise ValueError(f"no question of the self-check: {form.step}")
    return said


def _question(talk: Talk, form: FormState, page: int) -> Say | None:
    group, _, part = form.step.partition("-")
    if group in ASKED:
        return ASKED[group](talk, form) if not part else _of_the_last(talk, form, part)
    match part:
        case "which":
            return _which(talk, form, GROUPS[group], page)
        case "when":
            return _when(talk, form, GROUPS[group])
    return _list(talk, form, group, "-more" if part else "")


def _pick(talk: Talk, form: FormState, label: str, value: str, **values: object) -> Choice:
    return choice(talk, f"check-{label}", press(form, value), **values)


def _ways_out(talk: Talk, form: FormState) -> tuple[Choice, ...]:
    """Before the first question there is nothing to go back to."""
    back = () if form.step == next_step(talk, "") else (_pick(talk, form, "back", "back"),)
    return (*back, _pick(talk, form, "leave", "leave"))


# --- age, weight, last donation ------------------------------------------------------------------------------------


def _ask_age(talk: Talk, form: FormState) -> Say:
    limits = rules_of(talk).limits
    ages = {"youngest": limits.youngest, "oldest": limits.oldest}
    picks = (_pick(talk, form, label, label, **ages) for label in ("young", "of-age", "old"))
    return say(talk, "self-check.ask-age", *picks, *_ways_out(talk, form))


def _ask_weight(talk: Talk, form: FormState) -> Say:
    return say(talk, "self-check.ask-weight", *_weights(talk, form), *_ways_out(talk, form))


def _weights(talk: Talk, form: FormState) -> Iterator[Choice]:
    """One band for each bag, and one below all of them; the value is the band's lower edge."""
    edges = weight_edges(talk)
    yield _pick(talk, form, "kg-under", "0", kg=f"{edges[0]:g}")
    for kg, above in pairwise(edges):
        yield _pick(talk, form, "kg-between", f"{kg:g}", least=f"{kg:g}", enough=f"{above:g}")
    yield _pick(talk, form, "kg-from", f"{edges[-1]:g}", kg=f"{edges[-1]:g}")


def weight_edges(talk: Talk) -> tuple[float, ...]:
    limits = rules_of(talk).limits
    return tuple(sorted({limits.lightest, *(one.from_kg for one in limits.volumes)}))


def _ask_last(talk: Talk, form: FormState) -> Say:
    since = rested_from(talk.catalogue.rules.intervals, today(talk))
    day = short_day(datetime.combine(since, time(12), talk.catalogue.zone), talk.catalogue.zone, language(talk))
    picks = (
        _pick(talk, form, "never", "never"),
        *(_pick(talk, form, one, one, day=day) for one in ("before", "since")),
    )
    return say(talk, "self-check.ask-last", *picks, *_ways_out(talk, form), date=_plain(talk, since))


def _plain(talk: Talk, day: date) -> str:
    return plain_date(day, language(talk))


def _of_the_last(talk: Talk, form: FormState, part: str) -> Say:
    """What was given, and when."""
    if part == "what":
        picks = tuple(_pick(talk, form, component, component) for component in Component)
        return say(talk, "self-check.ask-what", *picks, *_ways_out(talk, form))
    return say(talk, "self-check.when-given", *_bands(talk, form, Wait(days=1)), *_ways_out(talk, form))


ASKED: dict[str, Callable[[Talk, FormState], Say]] = {"age": _ask_age, "weight": _ask_weight, "last": _ask_last}


# --- lists ---------------------------------------------------------------------------------------------------------


def _list(talk: Talk, form: FormState, group: str, more: str) -> Say:
    """One list: none of it, or something. After one thing of it: is there anything more?"""
    yes = "private-yes" if group == PRIVATE.name else f"yes{more}"
    picks = (_pick(talk, form, f"no{more}", "no"), _pick(talk, form, yes, "yes"))
    text_id = "self-check.ask-more" if more else f"self-check.ask-{group}"
    return say(talk, text_id, *picks, *_ways_out(talk, form))


def _which(talk: Talk, form: FormState, group: Group, page: int) -> Say:
    items = group.known(rules_of(talk))
    pages = max(1, -(-len(items) // PAGE))
    page %= pages
    shown = items[page * PAGE : (page + 1) * PAGE]
    picks = tuple(_pick(talk, form, item.name, item.name) for item in shown)
    more = (_pick(talk, form, "more", f"p{(page + 1) % pages}"),) if pages > 1 else ()
    other = _pick(talk, form, "other", "other")
    return say(talk, "self-check.ask-which", *picks, *more, other, *_ways_out(talk, form))


def _when(talk: Talk, form: FormState, group: Group) -> Say:
    item = item_of(form, group)
    rule = rule_of(talk, item) if item else None
    if item is None or rule is None:
        return _list(talk, form, group.name, "")
    now = (_pick(talk, form, STOP_BY[rule.counted], "now"),) if rule.counted in STOP_BY else ()
    what = words(talk, f"rule.{rule.id}")
    return say(
        talk, f"self-check.when-{rule.counted}", *now, *_bands(talk, form, rule.wait), *_ways_out(talk, form), what=what
    )  # fmt: skip


def _bands(talk: Talk, form: FormState, wait: Wait) -> Iterator[Choice]:
    return (_pick(talk, form, f"ago-{name}", name) for name in bands_for(wait))


def item_of(form: FormState, group: Group) -> Item | None:
    """The thing whose day is asked."""
    return item_named(group, str(form.answers.get("item", "")))


def rule_of(talk: Talk, item: Item) -> DeferralRule | None:
    """Its rule as it holds today."""
    return next((rule for rule in rules_of(talk).deferrals if rule.id == item.rule_id), None)


def rules_of(talk: Talk) -> Rules:
    return talk.catalogue.rules.on(today(talk))
