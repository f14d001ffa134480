"""`giothong broadcast …`: the whole life from the command line, on both engines, and a sentence for every refusal."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot import clock
from bot.cli import broadcasts as command
from bot.cli import main
from bot.cli.broadcast_bar import bar
from bot.domain.broadcasts import Broadcast, BroadcastState, Draft
from bot.domain.outbox import MessagePurpose
from bot.storage.broadcast_figures import Progress
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.tables import (
    accounts,
    addresses,
    audit,
    broadcasts,
    consents,
    contacts,
    drives,
    outbox,
    recipients,
    staff,
)
from tests.pictures import png
from tests.web.house import library

WORDS = "Tháng này có hai đợt hiến máu. Mời anh/chị xem lịch."
CREATE = ["create", "--code", "tin-1", "--unit", "ldld-laichau", "--purpose", "news", "--segment", "all", "--by", "mai"]


class Terminal:
    """Runs commands and reads what they print."""

    def __init__(self, folder: Path, db: Database, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.db, self._capsys = folder, db, capsys

    def run(self, *words: str) -> tuple[int, dict[str, Any], str]:
        self._capsys.readouterr()
        code = main(["broadcast", *words])
        told = self._capsys.readouterr()
        return code, json.loads(told.out) if told.out else {}, told.err.strip()

    def make(self, *more: str, text: str = WORDS) -> tuple[int, dict[str, Any], str]:
        (self.folder / "tin.txt").write_text(text, encoding="utf-8")
        words = more if "--topic" in more else ("--text-file", "tin.txt", *more)
        return self.run(*CREATE, *words)

    def do(self, step: str, by: str, *more: str) -> tuple[int, dict[str, Any], str]:
        return self.run(step, "tin-1", "--by", by, *more)

    def somebody(self, consent: str = "news") -> int:
        """With an open web chat."""

        def write(connection: Any) -> int:
            now, contact, address = clock.now(), new_id(), new_id()
            account = connection.execute(select(accounts.c.id).where(accounts.c.kind == "web")).scalar_one()
            connection.execute(insert(contacts).values(id=contact, created_at=now, updated_at=now))
            seen = {"first_seen_at": now, "last_inbound_at": now}
            home = {"id": address, "account_id": account, "user_id": str(contact), "contact_id": contact, **seen}
            connection.execute(insert(addresses).values(home))
            agreed = {"id": new_id(), "contact_id": contact, "address_id": address, "purpose": consent, "given_at": now}
            connection.execute(insert(consents).values(**agreed, wording=f"consent.{consent}@1"))
            return contact

        return self.db.write_now(write)

    def set(self, table: Any, **values: Any) -> None:
        self.db.write_now(lambda c: c.execute(update(table).values(values)))


@pytest.fixture
def terminal(
    loaded: Path, opened: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    monkeypatch.setattr(command, "read_library", lambda _settings: library())
    return Terminal(loaded, opened, capsys)


def test_one_writes_another_approves_and_it_starts_once(terminal: Terminal) -> None:
    assert terminal.make() == (0, {"code": "tin-1", "state": "draft"}, "")
    terminal.somebody()
    terminal.somebody("reminder")
    code, seen, _ = terminal.do("preview", "mai")
    assert code == 0
    assert WORDS in seen["messages"]["web"][0]["text"]
    dry = seen["dry_run"]
    assert (dry["segment"], dry["without_consent"], dry["intended"], dry["reached"]) == (2, 1, 1, 1)
    assert terminal.do("submit", "mai")[1]["state"] == "submitted"
    code, _, told = terminal.do("approve", "mai")
    assert (code, "cần một người khác duyệt" in told) == (1, True)
    assert terminal.do("approve", "phong")[1] == {"code": "tin-1", "state": "approved"}
    assert terminal.do("start", "mai")[1] == {"code": "tin-1", "state": "running"}
    code, _, told = terminal.do("start", "phong")
    assert (code, "đang ở bước “Đang gửi”" in told, "\n" in told) == (1, True, False)
    assert terminal.do("pause", "mai")[1]["state"] == "paused"
    assert terminal.do("resume", "mai")[1]["state"] == "running"
    code, status, _ = terminal.run("status", "tin-1", "--json")
    figures = {"intended": 0, "waiting": 0, "sent": 0, "failed": 0, "skipped": 0, "moved": 0, "unknown": 0}
    rest = {"reasons": {}, "per_minute": 0, "finishes_at": None}
    assert (code, status) == (0, {"code": "tin-1", "state": "running", **figures, **rest})
    assert terminal.do("cancel", "mai")[1]["state"] == "cancelled"
    done = terminal.db.read_now(lambda c: c.execute(select(audit.c.action).where(audit.c.subject == "tin-1")).all())
    assert [row.action for row in done][-1] == "broadcast-cancelled"


def test_it_waits_for_its_time_and_goes_back(terminal: Terminal) -> None:
    terminal.make()
    terminal.somebody()
    terminal.do("submit", "mai")
    assert terminal.do("return", "phong")[1]["state"] == "draft"
    terminal.do("submit", "mai")
    terminal.do("approve", "phong")
    at = (clock.now() + timedelta(hours=3)).isoformat(timespec="seconds")
    assert terminal.do("start", "mai", "--at", at)[1] == {"code": "tin-1", "state": "scheduled", "starts_at": at}
    code, _, told = terminal.do("start", "mai", "--at", "2020-01-01T07:00+07:00")
    assert (code, "đã qua" in told) == (1, True)
    assert terminal.do("start", "mai", "--at", "tomorrow")[0] == 2


def test_failures_are_tried_again_by_their_reason(terminal: Terminal) -> None:
    terminal.make()
    contact = terminal.somebody()
    terminal.do("submit", "mai")
    terminal.do("approve", "phong")
    terminal.do("start", "mai")

    def fail(connection: Any) -> None:
        broadcast = connection.execute(select(broadcasts.c.id)).scalar_one()
        home = connection.execute(select(addresses).where(addresses.c.contact_id == contact)).one()
        row = {"id": new_id(), "key": "k", "account_id": home.account_id, "address_id": home.id, "contact_id": contact}
        row |= {"state": "failed", "reason": "rejected", "broadcast_id": broadcast, "purpose": "news", "priority": 3}
        row |= {"part": 0, "body_sealed": b"x", "created_at": clock.now(), "due_at": clock.now()}
        connection.execute(insert(outbox).values(row))
        person = {"broadcast_id": broadcast, "contact_id": contact, "state": "queued"}
        connection.execute(insert(recipients).values(person))

    terminal.db.write_now(fail)
    status = terminal.run("status", "tin-1", "--json")[1]
    assert (status["failed"], status["reasons"]) == (1, {"rejected": 1})
    assert terminal.do("retry", "mai", "--reason", "gone")[1]["again"] == 0
    assert terminal.do("retry", "mai")[1]["again"] == 1
    assert terminal.run("status", "tin-1", "--json")[1]["waiting"] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "more", "code", "says"),
    [
        ({"--code": "Tin 1"}, (), 2, "Mã “Tin 1” chưa đúng"),
        ({"--unit": "khong-co"}, (), 2, "Không có đơn vị khong-co"),
        ({"--segment": "blood:A"}, (), 2, "không hiểu “blood:A” ở ký tự 1"),
        ({"--segment": "unit:khong-co"}, (), 2, "không có đơn vị mang mã khong-co"),
        ({"--segment": "eligible:5/12"}, (), 2, "Ghi kiểu 2026-12-05"),
        ({"--by": "khong-co"}, (), 1, "no staff member has the login khong-co"),
        ({"--by": "ha"}, (), 1, "không có quyền"),
        ({"--purpose": "drive"}, (), 1, "cần một đợt hiến máu có thật"),
        ({}, ("--drive", "khong-co"), 1, "cần một đợt hiến máu có thật"),
        ({}, ("--image", "tin.txt"), 1, "Anh/chị chọn ảnh PNG hay JPEG khác"),
        ({}, ("--image", "khong-co.png"), 1, "khong-co.png: No such file or directory"),
    ],
)
def test_a_draft_that_cannot_be_kept_is_refused(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str],
    more: Sequence[str],
    code: int,
    says: str,
) -> None:
    words = [change.get(before, word) for before, word in zip(["", *CREATE], CREATE, strict=False)]
    monkeypatch.setattr("tests.cli.test_broadcasts.CREATE", words)
    found, _, told = terminal.make(*more)
    assert (found, says in told, "\n" in told) == (code, True, False), told
    assert terminal.db.read_now(lambda c: c.execute(select(broadcasts.c.id)).all()) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("more", "text", "says"),
    [
        ((), "dài " * 1500, "web (vi): "),
        ((), "", "chưa có nội dung"),
        (("--topic", "khong-co"), "", "Không có bài “khong-co”"),
        (("--template", "khong-co"), WORDS, "Mẫu “khong-co” chưa được nền tảng nào duyệt"),
        (("--segment", "language:en"), WORDS, "Không có ai trong nhóm này"),
    ],
)
def test_a_faulty_one_is_not_submitted(terminal: Terminal, more: Sequence[str], text: str, says: str) -> None:
    assert terminal.make(*more, text=text)[0] == 0
    terminal.somebody()
    code, _, told = terminal.do("submit", "mai")
    assert (code in (1, 2), says in told) == (True, True), told
    assert terminal.run("status", "tin-1")[1]["state"] == "draft"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_urgent_one_waits_for_its_appeal(terminal: Terminal) -> None:
    terminal.make("--purpose", "urgent")
    terminal.somebody("urgent")
    code, _, told = terminal.do("submit", "mai")
    assert (code, "cần lời kêu gọi" in told) == (1, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_drive_that_closed_meanwhile_stops_it(terminal: Terminal) -> None:
    (terminal.folder / "anh.png").write_bytes(png())
    assert terminal.make("--drive", "lc-ngay-hoi", "--image", "anh.png")[0] == 0
    terminal.somebody()
    terminal.do("submit", "mai")
    terminal.do("approve", "phong")
    terminal.set(drives, state="closed")
    code, _, told = terminal.do("start", "mai")
    assert (code, "lc-ngay-hoi không nhận đăng ký nữa" in told) == (1, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_organiser_reaches_no_further_than_their_unit(terminal: Terminal) -> None:
    terminal.make()
    terminal.somebody()
    below = terminal.db.read_now(
        lambda c: c.execute(select(staff.c.unit_id).where(staff.c.login == "san")).scalar_one()
    )
    terminal.db.write_now(lambda c: c.execute(update(staff).where(staff.c.login == "mai").values(unit_id=below)))
    code, _, told = terminal.do("submit", "mai")
    assert (code, "không có quyền" in told) == (1, True)
    code, _, told = terminal.do("submit", "phong")
    assert code == 0


def test_a_terminal_shows_a_bar() -> None:
    draft = Draft(MessagePurpose.NEWS, 1, "all")
    found = Progress(intended=1000, waiting=380, sent=600, skipped=20, per_minute=95)
    line = bar(Broadcast(1, "tin-1", draft, BroadcastState.RUNNING), found)
    assert line == f"tin-1 running {'█' * 18}{'░' * 12} 620/1000 · 62% · sent 600 · skipped 20 · 95/min"
    assert bar(Broadcast(1, "tin-1", draft, BroadcastState.DRAFT), Progress()).endswith("0/0 · 0%")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_appeal_says_what_is_needed_and_by_when(terminal: Terminal) -> None:
    more = ("--purpose", "urgent", "--need", "6", "--needed-by", "2027-01-30T17:00+07:00", "--groups", "A-", "O-")
    assert terminal.make(*more, "--drive", "lc-ngay-hoi")[0] == 0
    terminal.somebody("urgent")
    code, shown, _ = terminal.run("preview", "tin-1", "--by", "mai")
    assert (code, shown["dry_run"]["other_group"], shown["dry_run"]["reached"]) == (0, 1, 0)
    terminal.make("--purpose", "urgent", *more[2:6], "--drive", "lc-ngay-hoi", "--code", "tin-2")
    dry = terminal.run("preview", "tin-2", "--by", "mai")[1]["dry_run"]
    assert (dry["other_group"], dry["skipped"]) == (0, {"web-not-a-route": 1}), "a browser tab is no way for an appeal"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--purpose", "urgent", "--need", "6"), "--needed-by"),
        (("--purpose", "urgent", "--need", "0", "--needed-by", "2027-01-30T17:00+07:00"), "1 to 500"),
        (("--need", "6", "--needed-by", "2027-01-30T17:00+07:00"), "--purpose urgent"),
        (("--purpose", "urgent", "--need", "6", "--needed-by", "mai"), "--needed-by mai"),
    ],
)
def test_half_a_need_is_wrong_usage(terminal: Terminal, more: Sequence[str], says: str) -> None:
    code, _, told = terminal.make(*more)
    assert (code, says in told) == (2, True), told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--needed-by", "2020-01-30T17:00+07:00", "--drive", "lc-ngay-hoi"), "Thời điểm cần máu đã qua"),
        (("--needed-by", "2027-01-30T17:00+07:00"), "cần một đợt hiến máu có thật"),
        (
            (
                "--needed-by",
                "2027-01-30T17:00+07:00",
                "--drive",
                "lc-ngay-hoi",
                "--groups",
                "A-",
                "--segment",
                "tag:a1",
            ),
            "lộ nhóm máu",
        ),
    ],
)
def test_an_appeal_that_cannot_be_is_not_submitted(terminal: Terminal, more: Sequence[str], says: str) -> None:
    terminal.make("--purpose", "urgent", "--need", "6", *more)
    terminal.somebody("urgent")
    code, _, told = terminal.do("submit", "mai")
    assert (code, says in told) == (1, True), told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_an_appeal_can_be_met(terminal: Terminal) -> None:
    terminal.make()
    terminal.somebody()
    for step, login in (("submit", "mai"), ("approve", "phong"), ("start", "mai")):
        assert terminal.do(step, login)[0] == 0
    code, _, told = terminal.do("met", "mai")
    assert (code, "Chỉ lời kêu gọi khẩn" in told) == (1, True)
