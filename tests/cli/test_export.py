"""`giothong export`: the promised columns, page after page, audited, safe to open in a spreadsheet."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Connection, insert, select, update

from bot.cli import main
from bot.storage import exporting
from bot.storage.account_rows import ensure_accounts
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    accounts,
    addresses,
    audit,
    consents,
    contacts,
    donations,
    donors,
    drives,
    outbox,
    registrations,
    slots,
    units,
)

PEOPLE = 7
NAMES = ["Lò Thị Ban Mai", "=HYPERLINK(1)", "+84 Nguyễn", "@Vàng", "-Sùng", "Hoàng Hà", "Tẩn An"]
COLUMNS = {
    "registrations": "ticket,contact_id,channel,user_id,name,phone,unit,drive,slot_start,state,created_at,updated_at",
    "messages": "id,contact_id,channel,account,user_id,purpose,key,state,reason,due_at,sent_at,platform_id",
    "donations": "contact_id,unit,drive,given_on,component,ml,verified",
    "donors": "contact_id,name,phone,unit,donations,last_given_on,next_on",
    "recognition": "contact_id,name,unit,donations,last_given_on,step,since",
}


@pytest.fixture
def peopled(loaded: Path, opened: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Seven registrations at the first drive, of two units; two donations by the first person. Pages of three rows."""
    monkeypatch.setattr(exporting, "PAGE", 3)
    opened.write_now(lambda connection: _people(connection, now))
    return opened


def _people(connection: Connection, now: datetime) -> None:
    ring = KeyRing([b"k" * 32])
    ensure_accounts(connection, [])
    account = connection.execute(select(accounts.c.id)).scalar_one()
    drive = connection.execute(select(drives).where(drives.c.code == "lc-ngay-hoi")).one()
    slot = connection.execute(
        select(slots.c.id).where(slots.c.drive_id == drive.id).order_by(slots.c.starts_at)
    ).first()
    tea = connection.execute(select(units.c.id).where(units.c.code == "cdcs-che-hoa-ban")).scalar_one()
    province = connection.execute(select(units.c.id).where(units.c.code == "ldld-laichau")).scalar_one()
    assert slot is not None
    for number, name in enumerate(NAMES):
        contact, address, unit = new_id(), new_id(), tea if number < 2 else province
        connection.execute(
            insert(contacts).values(
                id=contact, unit_id=unit, name_sealed=ring.seal_text(name, "contacts.name"),
                phone_sealed=ring.seal_text(f"+8491200000{number}", "contacts.phone"), created_at=now, updated_at=now,
            )
        )  # fmt: skip
        connection.execute(
            insert(addresses).values(
                id=address, account_id=account, user_id=f"v{number}", contact_id=contact,
                first_seen_at=now, last_inbound_at=now,
            )
        )  # fmt: skip
        connection.execute(
            insert(registrations).values(
                id=new_id(), contact_id=contact, address_id=address, drive_id=drive.id, slot_id=slot.id, unit_id=unit,
                ticket=f"TICKET000{number}", state="booked", created_at=now, updated_at=now + timedelta(minutes=1),
            )
        )  # fmt: skip
        connection.execute(
            insert(outbox).values(
                id=new_id(), key=f"reply:{number}", account_id=account, address_id=address, contact_id=contact,
                purpose="reply", priority=0, body_sealed=b"x", state="sent", created_at=now, due_at=now, sent_at=now,
            )
        )  # fmt: skip
        if number == 0:
            _donor(connection, contact, drive.id, now)


def _donor(connection: Connection, contact: int, drive: int, now: datetime) -> None:
    for day in (date(2026, 5, 1), date(2026, 8, 1)):
        connection.execute(
            insert(donations).values(
                id=new_id(), contact_id=contact, drive_id=drive, given_on=day, component="whole_blood", ml=350,
                verified=True, created_at=now,
            )
        )  # fmt: skip
    connection.execute(
        insert(donors).values(
            contact_id=contact, donations=2, last_given_on=date(2026, 8, 1), next_on=date(2026, 10, 24)
        )
    )


def table(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, str]]:
    capsys.readouterr()
    assert main(["export", *words]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


@pytest.mark.parametrize("what", sorted(COLUMNS))
def test_it_writes_the_promised_columns(loaded: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    capsys.readouterr()
    assert main(["export", what]) == 0
    assert capsys.readouterr().out == COLUMNS[what] + "\n"


def test_it_writes_registrations_over_several_pages_in_order(
    peopled: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(capsys, "registrations")
    assert [row["ticket"] for row in rows] == [f"TICKET000{n}" for n in range(PEOPLE)]
    drive = peopled.read_now(lambda c: c.execute(select(drives).where(drives.c.code == "lc-ngay-hoi")).one())
    start = drive.starts_at + timedelta(hours=7)
    assert {**rows[0], "contact_id": ""} == {
        "ticket": "TICKET0000", "contact_id": "", "channel": "web", "user_id": "v0", "name": "Lò Thị Ban Mai",
        "phone": "+84912000000", "unit": "cdcs-che-hoa-ban", "drive": "lc-ngay-hoi",
        "slot_start": f"{start:%Y-%m-%dT07:30:00+07:00}", "state": "booked",
        "created_at": "2026-11-22T10:00:00+07:00", "updated_at": "2026-11-22T10:01:00+07:00",
    }  # fmt: skip


def test_it_guards_words_but_leaves_phones_alone(peopled: Database, capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(capsys, "registrations")
    assert [row["name"] for row in rows][1:5] == ["'=HYPERLINK(1)", "'+84 Nguyễn", "'@Vàng", "'-Sùng"]
    assert {row["phone"][0] for row in rows} == {"+"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["registrations", "--unit", "cd-xa-than-uyen"], 2, id="a unit and what is below it"),
        pytest.param(["registrations", "--unit", "ldld-laichau"], 7, id="the top"),
        pytest.param(["registrations", "--drive", "lc-ngay-hoi"], 7, id="a drive"),
        pytest.param(["registrations", "--drive", "lc-che-hoa-ban"], 0, id="a drive without people"),
        pytest.param(["messages"], 7, id="messages"),
        pytest.param(["messages", "--unit", "cd-xa-than-uyen"], 2, id="messages of a unit"),
        pytest.param(["donations", "--drive", "lc-ngay-hoi"], 2, id="donations of a drive"),
        pytest.param(["donors", "--drive", "lc-ngay-hoi"], 1, id="donors of a drive once, though they gave twice"),
        pytest.param(["donors", "--drive", "lc-che-hoa-ban"], 0, id="no donors"),
    ],
)
def test_it_narrows(peopled: Database, capsys: pytest.CaptureFixture[str], words: list[str], expected: int) -> None:
    assert len(table(capsys, *words)) == expected


def test_it_writes_json_lines_to_a_file(peopled: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "donors", "--format", "jsonl", "-o", "donors.jsonl"]) == 0
    (row,) = [json.loads(line) for line in Path("donors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (row["name"], row["donations"], row["next_on"]) == ("Lò Thị Ban Mai", "2", "2026-10-24")


def test_it_writes_a_spreadsheet_of_text_cells(peopled: Database) -> None:
    assert main(["export", "registrations", "--format", "xlsx", "-o", "r.xlsx"]) == 0
    sheet = openpyxl.load_workbook("r.xlsx").active
    assert sheet is not None
    cells = list(sheet.iter_rows())
    assert [cell.value for cell in cells[0]] == COLUMNS["registrations"].split(",")
    assert (cells[2][4].value, cells[2][4].data_type) == ("=HYPERLINK(1)", "s")
    assert cells[1][1].data_type == "s"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["--drive", "nope"], 1, "no drive has the code nope", id="unknown drive"),
        pytest.param(["--unit", "nope"], 1, "no unit has the code nope", id="unknown unit"),
        pytest.param(["--by", "nope"], 1, "no staff member has the login nope", id="unknown login"),
        pytest.param(["--by", "ha"], 2, "ha has the role health, which may not export", id="a role without exports"),
    ],
)
def test_it_exports_nothing_and_audits_nothing_when_refused(
    loaded: Path, opened: Database, capsys: pytest.CaptureFixture[str], words: list[str], code: int, says: str
) -> None:
    before = opened.read_now(lambda c: c.execute(select(audit)).all())
    capsys.readouterr()
    assert main(["export", "donors", *words, "-o", "out.csv"]) == code
    told = capsys.readouterr()
    assert says in told.err
    assert not Path("out.csv").exists()
    assert opened.read_now(lambda c: c.execute(select(audit)).all()) == before


def test_it_is_audited_under_the_login_or_the_system_user(
    loaded: Path, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "operator")
    assert main(["export", "donors", "--by", "mai", "--drive", "lc-ngay-hoi", "-o", "a.csv"]) == 0
    assert main(["export", "messages", "-o", "b.csv"]) == 0
    query = select(audit.c.who, audit.c.action, audit.c.subject).where(audit.c.action.startswith("export"))
    assert opened.read_now(lambda c: c.execute(query.order_by(audit.c.id)).all()) == [
        ("mai", "export donors", "drive:lc-ngay-hoi"),
        ("operator", "export messages", ""),
    ]


def test_recognition_holds_only_who_agreed_and_when_each_came_to_their_step(
    peopled: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert table(capsys, "recognition") == []
    donor = peopled.read_now(lambda c: c.execute(select(donors.c.contact_id)).scalar_one())

    def agree(connection: Connection) -> None:
        now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
        days = [{"given_on": date(2016, 1, 1) + timedelta(days=90 * n), "verified": n != 3} for n in range(19)]
        rows = [
            {"id": new_id(), "contact_id": donor, "component": "whole_blood", "created_at": now, **day} for day in days
        ]
        connection.execute(insert(donations), rows)
        connection.execute(
            insert(consents).values(
                id=new_id(), contact_id=donor, purpose="honour", wording="consent.honour@1", given_at=now
            )
        )

    peopled.write_now(agree)
    (row,) = table(capsys, "recognition")
    # Eighteen verified of the nineteen, and the two of 2026: the twentieth came in August.
    assert (row["donations"], row["last_given_on"]) == ("20", "2026-08-01")
    assert (row["step"], row["since"]) == ("provincial", "2026-08-01")
    (narrowed,) = table(capsys, "recognition", "--unit", "ldld-laichau")
    assert narrowed == row
    peopled.write_now(lambda c: c.execute(update(consents).values(withdrawn_at=datetime(2026, 12, 1, tzinfo=UTC))))
    assert table(capsys, "recognition") == []
