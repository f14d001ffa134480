"""Rows that storage and intake tests stand on."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain.drives import DriveState
from bot.storage.ids import new_id
from bot.storage.tables import accounts, drives, slots, units


def add_unit(connection: Connection, code: str = "ldld-mau", name: str = "LĐLĐ tỉnh Mẫu") -> int:
    identity = new_id()
    connection.execute(units.insert().values(id=identity, code=code, name=name, level="province"))
    return identity


def add_account(connection: Connection, kind: str, external_id: str) -> int:
    identity = new_id()
    connection.execute(
        accounts.insert().values(id=identity, kind=kind, code=f"{kind}-{external_id}", external_id=external_id)
    )
    return identity


def add_drive(
    connection: Connection,
    unit_id: int,
    starts_at: datetime,
    *,
    capacities: tuple[int, ...] = (20,),
    state: DriveState = DriveState.OPEN,
    code: str = "mau-1",
    site_phone: str = "02133000000",
) -> tuple[int, list[int]]:
    """A drive with one half-hour slot for each capacity; its id and the ids of its slots."""
    drive = new_id()
    step = timedelta(minutes=30)
    connection.execute(
        drives.insert().values(
            id=drive,
            code=code,
            unit_id=unit_id,
            name="Ngày hội Giọt hồng",
            place="Nhà văn hoá Mẫu",
            address="Số 1 đường Thử",
            starts_at=starts_at,
            ends_at=starts_at + step * len(capacities),
            state=state.value,
            slot_minutes=30,
            slot_capacity=capacities[0],
            site_phone=site_phone,
        )
    )
    ids = [new_id() for _ in capacities]
    connection.execute(
        slots.insert(),
        [
            {"id": identity, "drive_id": drive, "starts_at": starts_at + step * number, "capacity": capacity}
            for number, (identity, capacity) in enumerate(zip(ids, capacities, strict=True))
        ],
    )
    return drive, ids
