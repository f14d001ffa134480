"""A donor's age on the day of a drive, and the kind refusal of those who are not of it."""

from datetime import date

from bot.dialog.saying import language
from bot.dialog.steps import Missed
from bot.dialog.talk import Talk
from bot.dialog.wording import plain_date
from bot.domain.eligibility import of_age_on
from bot.understanding.answers import OLDEST, YOUNGEST, Miss, read_birth_date, whole_years

OVER, UNDER = "registration.birth-date.over-age", "registration.birth-date.under-age"


def refusal(talk: Talk, born: date, on: date) -> Missed | None:
    """What is said to somebody who is not of a donor's age on a day; None if they are."""
    age = whole_years(born, on)
    if age > OLDEST:
        return Missed(OVER)
    return _too_young(talk, born) if age < YOUNGEST else None


def refusal_of_typed(talk: Talk, text: str, on: date, reason: str) -> Missed:
    """The same for a birth date that was typed and not taken."""
    if reason == "over-age":
        return Missed(OVER)
    # Read as if eighteen years had passed, the date of a young person is an ordinary date.
    born = read_birth_date(text, of_age_on(on, YOUNGEST))
    return _too_young(talk, on if isinstance(born, Miss) else born)


def _too_young(talk: Talk, born: date) -> Missed:
    return Missed(UNDER, {"date": plain_date(of_age_on(born, YOUNGEST), language(talk))})
