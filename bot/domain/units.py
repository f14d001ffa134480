"""The union tree: units carry dates, because the tree of 2022 is not the tree of today."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Level(StrEnum):
    """Levels of the union tree (Law on Trade Unions of 27/11/2024, with the district level that ended on 1 July 2025)."""

    PROVINCE = "province"
    SECTOR = "sector"
    DISTRICT = "district"
    COMMUNE = "commune"
    UPPER = "upper"
    GRASSROOTS = "grassroots"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the union. `valid_to` is the first day on which it no longer exists."""

    id: int
    code: str
    name: str
    level: Level
    parent_id: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor_id: int | None = None
    members: int | None = None

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)
