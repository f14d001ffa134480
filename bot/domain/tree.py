"""The union tree as a whole: who stands below whom."""

from collections.abc import Iterable, Mapping

from bot.domain.units import Unit


def below(units: Iterable[Unit], top_id: int) -> frozenset[int]:
    """Ids of a unit and of all below it, past units too: what they did while they existed still counts."""
    children: dict[int | None, list[int]] = {}
    for unit in units:
        children.setdefault(unit.parent_id, []).append(unit.id)
    found, open_ids = {top_id}, [top_id]
    while open_ids:
        fresh = [child for child in children.get(open_ids.pop(), ()) if child not in found]
        found.update(fresh)
        open_ids.extend(fresh)
    return frozenset(found)


def line_up(tree: Mapping[int, Unit], unit_id: int) -> list[int]:
    """A unit and those above it, up to the top."""
    line: list[int] = []
    at: int | None = unit_id
    while at is not None and at in tree and at not in line:
        line.append(at)
        at = tree[at].parent_id
    return line
