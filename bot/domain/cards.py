"""What a message can carry beside its words: the ticket for a place at a drive, and where something is."""

from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Link:
    """A web address a person can open, with the words on its button."""

    label: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TicketCard:
    """A place at a drive, to be shown at its gate. Nothing in it says whose it is.

    Args:
        code: as people read it, XXXXX-XXXXX.
        drive, when, place: in words.
        page: where the ticket can be opened: its QR code, the map, the day for the calendar. None: nobody could.
        picture: public URL of the QR code; "" where no picture can be fetched.
    """

    code: str = field(repr=False)
    drive: str = ""
    when: str = ""
    place: str = ""
    page: Link | None = None
    picture: str = field(default="", repr=False)

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(fact for fact in (self.code, self.drive, self.when, self.place) if fact)

    def to_json(self) -> list[Any]:
        page = [self.page.label, self.page.url] if self.page else None
        return [self.code, self.drive, self.when, self.place, page, self.picture]

    @classmethod
    def from_json(cls, parts: list[Any]) -> Self:
        code, drive, when, place, page, picture = parts
        return cls(code, drive, when, place, Link(*page) if page else None, picture)


@dataclass(frozen=True, slots=True)
class Location:
    """Where something is: the place's name, its address, and a link to a map."""

    name: str
    address: str = ""
    map: Link | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(fact for fact in (self.name, self.address) if fact)

    def to_json(self) -> list[Any]:
        return [self.name, self.address, [self.map.label, self.map.url] if self.map else None]

    @classmethod
    def from_json(cls, parts: list[Any]) -> Self:
        name, address, link = parts
        return cls(name, address, Link(*link) if link else None)
