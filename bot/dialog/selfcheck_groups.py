"""What the self-check asks about, in groups that one tap answers for most people (after the form of Ho Chi Minh City)."""

from dataclasses import dataclass
from enum import StrEnum, auto

from bot.domain.rules import Rules
from bot.domain.terms import Wait


class Kind(StrEnum):
    """What follows when one thing applies."""

    WHEN = auto()
    NOW = auto()
    DOCTOR = auto()
    REST = auto()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a group: `label.check-{name}`.

    Args:
        rule: the deferral rule that it means, for `WHEN` (its day is asked) and `NOW` (it goes on today).
    """

    name: str
    kind: Kind = Kind.WHEN
    rule: str = ""

    @property
    def rule_id(self) -> str:
        return self.rule or (self.name if self.kind in (Kind.WHEN, Kind.NOW) else "")


@dataclass(frozen=True, slots=True)
class Group:
    """One question with a list; `self-check.ask-{name}`. Without items it is never asked which of them."""

    name: str
    items: tuple[Item, ...] = ()

    def known(self, rules: Rules) -> tuple[Item, ...]:
        """Those that the rules of the day know."""
        standing = {rule.id for rule in rules.deferrals}
        return tuple(item for item in self.items if not item.rule_id or item.rule_id in standing)


TODAY = Group(
    "today",
    (
        Item("ill-now", Kind.NOW, "flu"),
        Item("flu"),
        Item("aspirin"),
        Item("medicine", Kind.DOCTOR),
        Item("tired", Kind.REST),
    ),
)
MONTH = Group(
    "month",
    (
        Item("short-infection"),
        Item("covid"),
        Item("live-vaccine"),
        Item("other-vaccine"),
        Item("outbreak", Kind.DOCTOR),
    ),
)
YEAR = Group(
    "year",
    (
        Item("tattoo"), Item("piercing"), Item("surgery"), Item("procedure", Kind.DOCTOR),
        Item("pregnant", Kind.NOW, "childbirth"), Item("childbirth"),
        Item("transfusion"), Item("rabies-vaccine"), Item("malaria"), Item("tuberculosis"), Item("tetanus"),
        Item("encephalitis"),
        Item("typhoid"), Item("sepsis"), Item("snake-bite"), Item("vessel-inflammation"), Item("osteomyelitis"),
        Item("pancreatitis"),
        Item("isotretinoin"), Item("finasteride"), Item("dutasteride"), Item("hepatitis-b-antibody"),
        Item("losing-weight", Kind.DOCTOR),
    ),
)  # fmt: skip
PRIVATE = Group("private")
"""Asked as one confidential question: which of it applies is never asked."""

GROUPS = {group.name: group for group in (TODAY, MONTH, YEAR, PRIVATE)}

NEVER_ASKED_APART = frozenset(("syphilis", "blood-exposure"))
"""Rules about what stands in the confidential question."""

STEPS = ("age", "weight", "last", *GROUPS)
"""The questions in their order; a sub-question is `last-what`, `month-which`, `month-when`, `month-more`."""

DAYS_AGO = {"week": Wait(days=0), "one-week": Wait(days=7), "two-weeks": Wait(days=14), "four-weeks": Wait(days=28)}
MONTHS_AGO = {
    "month": Wait(months=0), "one-month": Wait(months=1), "three-months": Wait(months=3), "six-months": Wait(months=6),
    "year": Wait(months=12),
}  # fmt: skip
AGO = DAYS_AGO | MONTHS_AGO
"""Answers to "when?" for whoever does not know the day: so much has passed at least (`label.check-ago-{name}`)."""


def bands_for(wait: Wait) -> dict[str, Wait]:
    """Rough answers that fit a wait of this length."""
    return MONTHS_AGO if wait.months else DAYS_AGO


def item_named(group: Group, name: str) -> Item | None:
    return next((item for item in group.items if item.name == name), None)
