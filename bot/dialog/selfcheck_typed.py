"""Typed answers of the self-check: ages, weights, days and things named in people's own words."""

import re
from datetime import date

from bot.dialog.selfcheck_answers import Taken, given, happened, tapped, weighed, with_item
from bot.dialog.selfcheck_groups import GROUPS, Group, Item, Kind
from bot.dialog.selfcheck_questions import item_of, rule_of, rules_of
from bot.dialog.selfcheck_state import today
from bot.dialog.talk import Talk
from bot.domain.conversations import FormState
from bot.domain.donations import Component
from bot.domain.messages import Choice
from bot.understanding.answers import Miss, read_birth_date, read_tap, read_yes_no, whole_years
from bot.understanding.bodies import HEAVIEST, LIGHTEST, read_age, read_weight
from bot.understanding.folding import fold
from bot.understanding.questions import looks_like_question
from bot.understanding.times import Since, read_since
from bot.understanding.typing import repair

_STILL = re.compile(r"\b(?:chua (?:khoi|het|lanh|ngung|ngung thuoc)|van (?:con|dang)|con dang|dang (?:dung|uong|bi))\b")
_NEVER = re.compile(r"\bchua (?:tung|bao gio|lan nao|he|hien)\b|^(?:em |toi |minh )?chua(?: a)?$")
_LONG_AGO = re.compile(r"^(?:cung )?(?:da )?lau (?:roi|lam)(?: roi)?(?: a)?$")
_NONE = re.compile(
    r"^(?:da |em |toi |minh )*(?:khong|chua) (?:(?:co|bi|mac|con|dinh) )?(?:gi|benh gi|cai nao|dieu nao|dau)(?: (?:het|ca|dau|nua|a|roi))*$"
)
_NOTHING_MORE = re.compile(
    r"^(?:da |em |toi )*(?:het|xong|chi (?:the|vay|co the|co vay)|(?:the|vay) thoi)(?: (?:roi|thoi|a|nhe))*$"
)
_NUMBER = re.compile(r"\s*(\d{1,3})(?:[.,]\d)?\s*(?:ạ|a)?\s*[.!]?\s*", re.IGNORECASE)
_YOUNGEST_TOLD, _OLDEST_TOLD = 10, 110
_PARTS = ((Component.PLATELETS, "tieu cau"), (Component.PLASMA, "huyet tuong"))


def typed(talk: Talk, form: FormState, text: str, offered: tuple[Choice, ...]) -> Taken:
    """The state after a typed answer; None when it is no answer to the open question."""
    group, _, part = form.step.partition("-")
    label = next((choice for choice in offered if fold(choice.label) == fold(text)), None)
    if label is None:
        own = _own_words(talk, form, text, group, part)
        if own is not None:
            return own
        exactly = part == "when" or looks_like_question(text)
        index = read_tap(text, [choice.label for choice in offered], exactly=exactly)
        label = None if index is None else offered[index]
    if label is not None:
        return tapped(talk, form, label.payload.split(".", 2)[-1])
    return _yes_or_no(talk, form, text, group, part)


def _own_words(talk: Talk, form: FormState, text: str, group: str, part: str) -> Taken:
    if group == "last" and not part and (known := _never_or_long_ago(text)):
        return tapped(talk, form, known)
    if group in GROUPS and part not in ("which", "when") and _is_none(text, part):
        return tapped(talk, form, "no")
    if looks_like_question(text):
        return None
    match group:
        case "age":
            return _age(talk, form, text)
        case "weight":
            kg = read_weight(text) or _bare(text, LIGHTEST, HEAVIEST)
            return weighed(talk, form, kg) if kg else None
        case "last":
            return _last(talk, form, text, part)
    if part == "when":
        return _when(talk, form, GROUPS[group], text)
    return _named(talk, form, GROUPS[group], text)


def _never_or_long_ago(text: str) -> str:
    said = fold(text)
    return "never" if _NEVER.search(said) else "before" if _LONG_AGO.match(said) else ""


def _is_none(text: str, part: str) -> bool:
    """ "không có gì hết"; after one thing of a list also "hết rồi", "chỉ vậy thôi"."""
    said = " ".join(repair(text[:60]))
    return bool(_NONE.match(said) or (part == "more" and _NOTHING_MORE.match(said)))


def _bare(text: str, least: float, most: float) -> float | None:
    """A number alone, where it can be meant; a small one is the number of a choice."""
    found = _NUMBER.fullmatch(text)
    number = float(found[1]) if found else 0.0
    return number if least <= number <= most else None


def _age(talk: Talk, form: FormState, text: str) -> Taken:
    """An age, a year or a whole date of birth."""
    born = read_birth_date(text, today(talk))
    if isinstance(born, date):
        age: float | None = whole_years(born, today(talk))
    elif isinstance(born, Miss) and born.reason in ("under-age", "over-age"):
        return tapped(talk, form, "young" if born.reason == "under-age" else "old")
    else:
        age = read_age(text, today(talk)) or _bare(text, _YOUNGEST_TOLD, _OLDEST_TOLD)
    if age is None:
        return None
    limits = rules_of(talk).limits
    return tapped(talk, form, "young" if age < limits.youngest else "old" if age > limits.oldest else "of-age")


def _last(talk: Talk, form: FormState, text: str, part: str) -> Taken:
    """A day at once, or that there was none."""
    if part == "what":
        return None
    since = _since(talk, text)
    if since is None:
        never = not part and read_yes_no(text) is False
        return tapped(talk, form, "never") if never else None
    said = fold(text)
    told = next((component for component, name in _PARTS if name in said), None)
    known = Component(form.answers["item"]) if part and form.answers.get("item") else Component.WHOLE_BLOOD
    return given(talk, form, since.day, told or known)


def _since(talk: Talk, text: str) -> Since | None:
    """A day in the past; "3 tháng" alone is three months ago where we asked when it was."""
    return read_since(text, today(talk)) or read_since(f"{text} trước", today(talk))


def _when(talk: Talk, form: FormState, group: Group, text: str) -> Taken:
    item = item_of(form, group)
    if item is None or _NUMBER.fullmatch(text):
        return None
    if _STILL.search(fold(text)):
        return happened(talk, form, group, item, today(talk))
    since = _since(talk, text)
    return happened(talk, form, group, item, since.day) if since else None


def _named(talk: Talk, form: FormState, group: Group, text: str) -> Taken:
    """Something of the list in the person's own words, with its day where that was told too. A "no" beside it is unclear."""
    item = _item_said(talk, group, text)
    if item is None or read_yes_no(text) is False:
        return None
    since = read_since(text, today(talk))
    if since is None or item.kind is not Kind.WHEN:
        return with_item(talk, form, group, item)
    return happened(talk, form, group, item, since.day)


def _item_said(talk: Talk, group: Group, text: str) -> Item | None:
    """The one thing whose words are in the text; of several nothing is chosen."""
    said = f" {fold(text)} "
    found = [
        item
        for item in group.known(rules_of(talk))
        if item.kind is Kind.WHEN
        and (rule := rule_of(talk, item)) is not None
        and any(f" {name} " in said for name in rule.said)
    ]
    return found[0] if len(found) == 1 else None


def _yes_or_no(talk: Talk, form: FormState, text: str, group: str, part: str) -> Taken:
    """Where a list is open. A "no" that names something of it is unclear, and so is a yes to a question of choices."""
    if group not in GROUPS or part in ("which", "when") or looks_like_question(text):
        return None
    if _item_said(talk, GROUPS[group], text) is not None:
        return None
    answer = read_yes_no(text)
    return None if answer is None else tapped(talk, form, "yes" if answer else "no")
