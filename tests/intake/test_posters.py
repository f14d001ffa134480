"""A poster's code goes through the real intake: from the first hello to the drive and the unit of the registration."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from bot.domain.references import code_of
from bot.storage.ids import new_id
from bot.storage.references import numbers_of
from bot.storage.tables import drives, registrations, units
from tests.intake.conftest import Ground, capacities, ground
from tests.storage.ground import add_drive

__all__ = ["capacities", "ground"]
FILL_IN = ("đồng ý", "có", "Lò Văn Thử", "12/5/1990", "0912345678", "không", "1", "xác nhận")


@pytest.fixture
def poster(ground: Ground) -> tuple[str, int, int]:
    """A second drive, and its poster for a unit below: code, drive, unit."""

    def furnish(connection: Connection) -> tuple[int, int, int]:
        row = connection.execute(select(drives)).one()
        tea = new_id()
        connection.execute(
            units.insert().values(
                id=tea, code="cdcs-che", name="CĐCS Công ty Chè", level="grassroots", parent_id=row.unit_id
            )
        )
        drive, _ = add_drive(connection, row.unit_id, row.starts_at + timedelta(days=7), code="mau-2")
        return numbers_of(connection, drive, [tea], row.starts_at)[tea], drive, tea

    number, drive, tea = ground.db.write_now(furnish)
    return code_of(number), drive, tea


def registered(ground: Ground) -> list[tuple[int, int | None]]:
    query = select(registrations.c.drive_id, registrations.c.unit_id)
    return [tuple(row) for row in ground.db.read_now(lambda c: c.execute(query).all())]


@pytest.mark.parametrize("first", ["/start {code}", "{code}", "em muon dang ky {lower}"])
async def test_it_sets_drive_and_unit_of_the_registration(
    ground: Ground, poster: tuple[str, int, int], first: str
) -> None:
    code, drive, unit = poster
    await ground.say(1, first.format(code=code, lower=code.lower()))
    if "dang ky" not in first:
        await ground.say(1, "Đăng ký đợt này")
    await ground.walk(1, *FILL_IN)
    assert registered(ground) == [(drive, unit)]


async def test_it_survives_questions_between_hello_and_registration(
    ground: Ground, poster: tuple[str, int, int]
) -> None:
    code, drive, unit = poster
    await ground.say(1, f"/start {code}")
    await ground.walk(1, "hiến máu xong nên ăn gì", "đăng ký", *FILL_IN)
    assert registered(ground) == [(drive, unit)]
