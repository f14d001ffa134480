"""The last places, wanted by hundreds at the same moment: through the whole intake, on PostgreSQL from two processes."""

import pytest

from bot.bench.booking import measure

PEOPLE, PLACES = 300, 20


async def test_exactly_as_many_win_as_there_are_places(database_url: str) -> None:
    processes = 2 if database_url.startswith("postgresql") else 1
    result = await measure(PEOPLE, PLACES, database_url, processes)
    assert (result["won"], result["told_they_won"], result["taken_in_slots"]) == (PLACES, PLACES, PLACES)
    assert result["told_it_was_full"] == PEOPLE - PLACES
    assert result["answers"] == PEOPLE
    assert result["rows_match"]


@pytest.mark.parametrize("people", [1, 20])
async def test_everybody_wins_where_there_is_room(database_url: str, people: int) -> None:
    result = await measure(people, PLACES, database_url, 1)
    assert (result["won"], result["told_it_was_full"]) == (people, 0)
