"""What a poster's code or a link's reference means today: a drive, and perhaps the unit of whoever comes by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.dialog.drives import named
from bot.dialog.talk import Talk
from bot.domain.drives import Drive
from bot.domain.references import Reference
from bot.understanding.typed_codes import typed_code


@dataclass(frozen=True, slots=True)
class Meant:
    """What a reference leads to.

    Args:
        ref: as the talk remembers it.
        number: of the poster's code; None for a drive's own code.
        drive: the drive, while it is open.
        unit_id: the unit of the registration; None where it still has to be asked.
        not_yet: the drive is to be opened later.
    """

    ref: str
    drive: Drive | None
    number: int | None = None
    unit_id: int | None = None
    not_yet: bool = False


def meant(talk: Talk, ref: str) -> Meant | None:
    """What a reference means: a poster's code, or the code of an open drive; None for anything else."""
    code = typed_code(ref) if ref else None
    reference = talk.catalogue.references.find(code.digits) if code and code.alone else None
    if reference is not None:
        return of_poster(talk, reference)
    drive = named(talk, ref)
    return Meant(drive.code, drive) if drive else None


def of_poster(talk: Talk, reference: Reference) -> Meant:
    drive = talk.catalogue.drive(reference.drive_id) if reference.drive_id is not None else None
    not_yet = reference.drive_id in talk.catalogue.references.not_yet_open
    return Meant(reference.code, drive, reference.number, _unit(talk, reference, drive), not_yet)


def _unit(talk: Talk, reference: Reference, drive: Drive | None) -> int | None:
    """A poster of the drive's own unit hangs for everybody below it too: they are asked which unit is theirs."""
    unit_id, units = reference.unit_id, talk.catalogue.units
    if drive is None or unit_id is None or units.get(unit_id) is None:
        return None
    return None if unit_id == drive.unit_id and units.has_below(unit_id) else unit_id


def answers_by(wanted: Meant) -> dict[str, Any]:
    """What the form need not ask of somebody who came so."""
    if wanted.drive is None:
        return {}
    unit = {} if wanted.unit_id is None else {"unit_id": wanted.unit_id}
    return {"drive_id": wanted.drive.id, **unit}


def news(wanted: Meant, answers: Mapping[str, Any]) -> bool:
    """Whether the form does not hold this drive and unit yet."""
    return any(answers.get(field) != value for field, value in answers_by(wanted).items())


def contradicts(wanted: Meant, answers: Mapping[str, Any]) -> bool:
    """Whether the form already holds another drive or another unit."""
    return any(answers.get(field) not in (None, value) for field, value in answers_by(wanted).items())
