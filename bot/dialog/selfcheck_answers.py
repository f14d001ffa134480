"""What becomes of an answer of the self-check: it goes into the outcome, and the next question is open."""

from datetime import date, timedelta
from enum import StrEnum, auto

from bot.dialog.selfcheck_groups import AGO, GROUPS, Group, Item, Kind, item_named
from bot.dialog.selfcheck_questions import item_of, rules_of, weight_edges
from bot.dialog.selfcheck_state import counted, moved, next_step, today
from bot.dialog.talk import Talk
from bot.domain.conversations import FormState
from bot.domain.donations import Component, Donation
from bot.domain.eligibility import Happened, Told
from bot.domain.selfcheck import latest_ago


class Early(StrEnum):
    """Why no further question makes sense."""

    YOUNG = auto()
    LIGHT = auto()


Taken = FormState | Early | None
"""The state after an answer; None is no answer to this question. The step "" is the end."""


def tapped(talk: Talk, form: FormState, value: str) -> Taken:
    """The value of a choice of the open question."""
    group, _, part = form.step.partition("-")
    if group == "age":
        return _aged(talk, form, value)
    if group == "weight":
        return weighed(talk, form, float(value)) if value.isdecimal() and len(value) <= 3 else None
    if group == "last":
        return _last(talk, form, part, value)
    match part:
        case "which":
            return _picked(talk, form, GROUPS[group], value)
        case "when":
            return _dated(talk, form, GROUPS[group], value)
    return _answered(talk, form, GROUPS[group], value)


# --- age, weight, last donation ------------------------------------------------------------------------------------


def _aged(talk: Talk, form: FormState, value: str) -> Taken:
    match value:
        case "young":
            return Early.YOUNG
        case "of-age":
            return _onward(talk, form, form)
        case "old":
            return _onward(talk, form, counted(talk, form, Told(for_the_doctor=True)))
    return None


def weighed(talk: Talk, form: FormState, kg: float) -> Taken:
    """Below every limit no further question makes sense; between the limits a doctor says."""
    if kg < weight_edges(talk)[0]:
        return Early.LIGHT
    return _onward(talk, form, counted(talk, form, Told(kg=kg)))


def _last(talk: Talk, form: FormState, part: str, value: str) -> Taken:
    if part == "what":
        known = value in frozenset(Component)
        return moved(form, form, "last-when", item=value) if known else None
    if part == "when":
        day = _day(talk, value)
        return given(talk, form, day, Component(form.answers.get("item", Component.WHOLE_BLOOD))) if day else None
    if value in ("never", "before"):
        return _onward(talk, form, form)
    return moved(form, form, "last-what") if value == "since" else None


def given(talk: Talk, form: FormState, day: date, component: Component) -> Taken:
    """A donation of the person's own telling; it is not kept either."""
    return _onward(talk, form, counted(talk, form, Told(donations=(Donation(day, component),))))


# --- lists ---------------------------------------------------------------------------------------------------------


def _answered(talk: Talk, form: FormState, group: Group, value: str) -> Taken:
    if value == "no":
        return _onward(talk, form, form)
    if value != "yes":
        return None
    if group.items:
        return moved(form, form, f"{group.name}-which")
    return _onward(talk, form, counted(talk, form, Told(for_the_doctor=True)))


def _picked(talk: Talk, form: FormState, group: Group, value: str) -> Taken:
    """One thing of the list; "something else" is for the doctor."""
    if value == "other":
        return moved(form, counted(talk, form, Told(for_the_doctor=True)), f"{group.name}-more")
    item = item_named(group, value)
    if item is None or item not in group.known(rules_of(talk)):
        return None
    return with_item(talk, form, group, item)


def with_item(talk: Talk, form: FormState, group: Group, item: Item) -> FormState:
    more = f"{group.name}-more"
    match item.kind:
        case Kind.WHEN:
            return moved(form, form, f"{group.name}-when", item=item.name)
        case Kind.NOW:
            return moved(form, counted(talk, form, _told(item, today(talk))), more)
        case Kind.REST:
            rested = today(talk) + timedelta(days=1)
            return moved(form, counted(talk, form, Told(deferred_until=rested)), more)
    return moved(form, counted(talk, form, Told(for_the_doctor=True)), more)


def _dated(talk: Talk, form: FormState, group: Group, value: str) -> Taken:
    item, day = item_of(form, group), _day(talk, value)
    return happened(talk, form, group, item, day) if item and day else None


def happened(talk: Talk, form: FormState, group: Group, item: Item, day: date) -> FormState:
    """One thing and its day, in whichever way they were told."""
    return moved(form, counted(talk, form, _told(item, day)), f"{group.name}-more")


def _told(item: Item, day: date) -> Told:
    return Told(happened=(Happened(item.rule_id, day),))


def _day(talk: Talk, value: str) -> date | None:
    if value == "now":
        return today(talk)
    return latest_ago(today(talk), AGO[value]) if value in AGO else None


def _onward(talk: Talk, before: FormState, after: FormState) -> FormState:
    return moved(before, after, next_step(talk, before.step))
