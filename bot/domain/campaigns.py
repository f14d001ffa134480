"""Campaigns of the year: which one is on, which comes next. Each year's days are announced, or follow a rule."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Season:
    """A campaign in one year, both days included.

    Args:
        sure: these days are fixed or announced; else only the usual time of the year.
    """

    campaign_id: str
    starts: date
    ends: date
    sure: bool

    def __contains__(self, day: date) -> bool:
        return self.starts <= day <= self.ends

    @property
    def days(self) -> int:
        return (self.ends - self.starts).days + 1


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign that comes back each year.

    Args:
        id: such as `campaign.hanh-trinh-do`, also the id of its words.
        first: month and day on which it usually begins; `last` when it ends, in the next year if that is earlier.
        fixed: every year on exactly these days.
        announced: the days of single years, by the year in which it begins.
        image: a file of `content/images/`.
    """

    id: str
    first: tuple[int, int]
    last: tuple[int, int]
    fixed: bool = False
    announced: Mapping[int, tuple[date, date]] = field(default_factory=dict)
    image: str = ""

    def season(self, year: int) -> Season:
        """The season that begins in this year."""
        if year in self.announced:
            return Season(self.id, *self.announced[year], sure=True)
        ends_in = year if self.first <= self.last else year + 1
        return Season(self.id, date(year, *self.first), date(ends_in, *self.last), self.fixed)


def on(campaigns: Iterable[Campaign], day: date) -> tuple[Season, ...]:
    """The seasons of a day, the shortest first: a day of honour outranks the summer around it."""
    found = (season for season in _around(campaigns, day) if day in season)
    return tuple(sorted(found, key=lambda season: (season.days, season.starts, season.campaign_id)))


def coming(campaigns: Iterable[Campaign], day: date) -> tuple[Season, ...]:
    """The next season of each campaign after a day, the soonest first; what is on now comes with its next one."""
    soonest: dict[str, Season] = {}
    for season in sorted(_around(campaigns, day), key=lambda season: (season.starts, season.campaign_id)):
        if season.starts > day:
            soonest.setdefault(season.campaign_id, season)
    return tuple(soonest.values())


def _around(campaigns: Iterable[Campaign], day: date) -> Iterator[Season]:
    """One year back for a season that crosses the new year, one ahead for what is over this year."""
    for campaign in campaigns:
        for year in (day.year - 1, day.year, day.year + 1):
            yield campaign.season(year)
