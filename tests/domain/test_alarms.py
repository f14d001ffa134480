"""When staff are told, how often, and who hears it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alarms import (
    AccountFigures,
    Alarm,
    AlarmKind,
    BroadcastFigures,
    CopiesFigures,
    Figures,
    OwnFigures,
    Waiting,
    alarms_of,
    is_due,
)
from bot.domain.listeners import Listener, listeners_for
from bot.domain.office_hours import office_time

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # a Tuesday, 10:00 local


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def account(**values: object) -> AccountFigures:
    return AccountFigures("oa", **values)  # type: ignore[arg-type]


def kinds(figures: Figures) -> list[str]:
    return sorted(alarm.kind for alarm in alarms_of(figures, NOW))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(account(), [], id="a healthy one is quiet"),
        pytest.param(account(paused_reason="misconfigured 190"), ["account-paused"], id="a paused one"),
        pytest.param(account(paused_reason=""), ["account-paused"], id="a paused one without a reason"),
        pytest.param(account(oldest=(ago(minutes=10), None)), [], id="ten minutes are borne"),
        pytest.param(account(oldest=(ago(minutes=11), None)), ["oldest-waiting"], id="an answer that is late"),
        pytest.param(account(oldest=(None, ago(hours=2))), [], id="a broadcast may take two hours"),
        pytest.param(account(oldest=(None, None, None, ago(hours=2.1))), ["oldest-waiting"], id="but not longer"),
        pytest.param(
            account(paused_reason="x", oldest=(ago(hours=9),)), ["account-paused"], id="a pause explains the wait"
        ),
        pytest.param(account(unpaid=2), ["unpaid"], id="no money for what is paid"),
        pytest.param(
            account(paused_reason="x", tokens_lost=True), ["token-lost"], id="a lost token explains the pause"
        ),
        pytest.param(
            account(tokens_at=ago(hours=22.9), tokens_expire_at=ago(hours=-2.1)), [], id="a young token of Zalo's"
        ),
        pytest.param(
            account(tokens_at=ago(hours=23.1), tokens_expire_at=ago(hours=-1.9)),
            ["token-near-death"],
            id="an old token of Zalo's",
        ),
        pytest.param(
            account(tokens_at=ago(days=56), tokens_expire_at=ago(days=-4)),
            ["token-near-death"],
            id="the last days of two months",
        ),
        pytest.param(account(tokens_expire_at=ago(hours=-3)), [], id="an end whose beginning is not known"),
        pytest.param(account(tokens_expire_at=ago(hours=1)), ["token-near-death"], id="it has ended"),
    ],
)
def test_it_looks_at_accounts(one: AccountFigures, expected: list[str]) -> None:
    assert kinds(Figures(HERE, (one,))) == expected


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param(OwnFigures("here"), [], id="nothing known"),
        pytest.param(OwnFigures("here", spool_since=ago(seconds=60)), [], id="a spool for a minute"),
        pytest.param(OwnFigures("here", spool_since=ago(seconds=61)), ["spool-in-use"], id="a spool for longer"),
        pytest.param(OwnFigures("here", loop_lag=0.51), ["loop-lag"], id="a slow loop"),
        pytest.param(OwnFigures("here", disk_free=0.10), [], id="a tenth of the disk free"),
        pytest.param(OwnFigures("here", disk_free=0.09), ["disk-full"], id="less than a tenth"),
        pytest.param(
            OwnFigures("here", ago(days=9), copies=CopiesFigures(ago(hours=29), None)), [], id="last night's copy"
        ),
        pytest.param(
            OwnFigures("here", ago(days=9), copies=CopiesFigures(ago(hours=31), None)),
            ["backup-failed"],
            id="an old one",
        ),
        pytest.param(
            OwnFigures("here", copies=CopiesFigures(ago(hours=5), ago(hours=1))),
            ["backup-failed"],
            id="a failure since",
        ),
        pytest.param(
            OwnFigures("here", copies=CopiesFigures(ago(hours=1), ago(hours=5))), [], id="a failure, then a good one"
        ),
        pytest.param(OwnFigures("here", ago(hours=2), copies=CopiesFigures(None, None)), [], id="none yet, just begun"),
        pytest.param(
            OwnFigures("here", ago(hours=31), copies=CopiesFigures(None, None)), ["backup-failed"], id="none ever"
        ),
    ],
)
def test_it_looks_at_the_process(own: OwnFigures, expected: list[str]) -> None:
    assert kinds(Figures(HERE, own=own)) == expected


def test_it_tells_of_urgent_words_one_by_one_and_of_other_waits_by_unit() -> None:
    waiting = (
        Waiting(1, 7, ago(seconds=1), urgent=True),
        Waiting(2, None, ago(seconds=1), urgent=True),
        Waiting(3, 7, ago(hours=24), urgent=False),
        Waiting(4, 7, ago(hours=26), urgent=False),
        Waiting(5, 8, ago(hours=2), urgent=False),
        Waiting(6, None, ago(hours=24), urgent=False),
    )
    assert alarms_of(Figures(HERE, waiting=waiting), NOW) == {
        Alarm(AlarmKind.URGENT, "1", "7"),
        Alarm(AlarmKind.URGENT, "2", ""),
        Alarm(AlarmKind.HANDOFF_WAITING, "7", "2"),
        Alarm(AlarmKind.HANDOFF_WAITING, "", "1"),
    }


def broadcast(**values: object) -> BroadcastFigures:
    return BroadcastFigures("tin-1", 7, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(broadcast(due_at=ago(minutes=10)), "", id="ten minutes are borne"),
        pytest.param(broadcast(due_at=ago(minutes=11)), "broadcast-late 11", id="its time has passed"),
        pytest.param(broadcast(began_at=ago(minutes=9)), "", id="its people are being gone through"),
        pytest.param(broadcast(began_at=ago(minutes=20)), "broadcast-late 20", id="nobody goes through its people"),
        pytest.param(broadcast(began_at=ago(days=2), gone_through=True), "", id="the lanes may take days"),
        pytest.param(
            broadcast(due_at=ago(hours=3), began_at=ago(minutes=1), gone_through=True),
            "broadcast-late 179",
            id="it began late just now",
        ),
        pytest.param(
            broadcast(due_at=ago(hours=3), began_at=ago(hours=1.1), gone_through=True), "", id="it began late long ago"
        ),
        pytest.param(
            broadcast(due_at=ago(minutes=5), began_at=ago(minutes=5), gone_through=True), "", id="it began in time"
        ),
        pytest.param(
            broadcast(held="opt-outs", began_at=ago(days=1)), "broadcast-held opt-outs", id="stopped by the program"
        ),
        pytest.param(broadcast(held="grew", due_at=ago(hours=1)), "broadcast-held grew", id="not started: that alone"),
    ],
)
def test_it_looks_at_broadcasts(one: BroadcastFigures, expected: str) -> None:
    found = alarms_of(Figures(HERE, broadcasts=(one,)), NOW)
    assert " ".join(f"{alarm.kind} {alarm.shown}" for alarm in found) == expected
    assert all((alarm.subject, alarm.unit_id) == ("tin-1", 7) for alarm in found)


def test_it_knows_whose_people_it_is_about() -> None:
    units = [
        Alarm(AlarmKind.URGENT, "1", "7"),
        Alarm(AlarmKind.HANDOFF_WAITING, "8", "2"),
        Alarm(AlarmKind.BROADCAST_HELD, "tin-1", "9 errors"),
        Alarm(AlarmKind.URGENT, "2"),
    ]
    assert [alarm.unit_id for alarm in units] == [7, 8, 9, None]
    assert Alarm(AlarmKind.ACCOUNT_PAUSED, "9", "10").unit_id is None


def test_it_tells_of_new_faults() -> None:
    assert alarms_of(Figures(HERE, kept_aside=3), NOW) == {Alarm(AlarmKind.KEPT_ASIDE, "", "3")}


@pytest.mark.parametrize(
    ("kind", "told", "since", "due"),
    [
        pytest.param("disk-full", 0, None, True, id="at once"),
        pytest.param("disk-full", 0, timedelta(minutes=14), False, id="not again when it flaps"),
        pytest.param("disk-full", 0, timedelta(minutes=15), True, id="but after a quarter of an hour"),
        pytest.param("urgent", 0, timedelta(seconds=1), True, id="urgent words always"),
        pytest.param("disk-full", 1, timedelta(hours=3.9), False, id="no reminder yet"),
        pytest.param("disk-full", 1, timedelta(hours=4), True, id="a reminder after four hours"),
        pytest.param("urgent", 1, timedelta(minutes=10), True, id="urgent: after ten minutes"),
        pytest.param("urgent", 3, timedelta(minutes=10), True, id="a third reminder"),
        pytest.param("urgent", 4, timedelta(minutes=10), False, id="and then silence"),
    ],
)
def test_it_is_told(kind: str, told: int, since: timedelta | None, due: bool) -> None:
    assert is_due(AlarmKind(kind), told, None if since is None else NOW - since, NOW) is due


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=HERE)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        pytest.param(local(24, 8), local(24, 10), 2, id="a morning"),
        pytest.param(local(24, 11), local(24, 14), 1, id="without the noon"),
        pytest.param(local(24, 16), local(25, 8, 30), 2, id="without the night"),
        pytest.param(local(27, 16), local(30, 8, 30), 2, id="without the week-end"),
        pytest.param(local(28, 8), local(29, 20), 0, id="a week-end alone"),
        pytest.param(local(24, 10), local(24, 9), 0, id="backwards"),
        pytest.param(local(1, 0) - timedelta(days=3000), local(24, 0), 21 * 7.5, id="an endless wait ends"),
    ],
)
def test_it_counts_office_hours(since: datetime, until: datetime, hours: float) -> None:
    assert office_time(since.astimezone(UTC), until.astimezone(UTC), HERE) == timedelta(hours=hours)


def listener(number: int, role: str, **values: object) -> Listener:
    usual: dict[str, object] = {"on_duty": False, "scope": frozenset({7}), "at_top": False}
    if role == "admin":
        usual |= {"scope": None, "at_top": True}
    return Listener(number, 1, number, role, **(usual | values))  # type: ignore[arg-type]


ADMIN = listener(1, "admin")
ON_DUTY = listener(2, "health", on_duty=True)
OFF_DUTY = listener(3, "health")
ORGANISER = listener(4, "organiser")
APPROVER_TOP = listener(5, "approver", scope=frozenset({7, 8}), at_top=True)
VIEWER = listener(6, "viewer")
EVERYBODY = (ADMIN, ON_DUTY, OFF_DUTY, ORGANISER, APPROVER_TOP, VIEWER)


@pytest.mark.parametrize(
    ("kind", "unit", "known", "expected"),
    [
        pytest.param("urgent", 7, EVERYBODY, [2], id="urgent: who is on duty there"),
        pytest.param("urgent", 8, EVERYBODY, [1], id="urgent elsewhere: the administrator"),
        pytest.param(
            "urgent", 7, (ADMIN, listener(2, "health", on_duty=True, shut="blocked")), [2, 1], id="unreachable"
        ),
        pytest.param("urgent", 7, (OFF_DUTY, VIEWER), [3], id="urgent: better somebody off duty than nobody"),
        pytest.param("urgent", None, (ON_DUTY, ADMIN), [1], id="urgent without a unit: the top"),
        pytest.param("handoff-waiting", 7, EVERYBODY, [4, 5], id="who organises there"),
        pytest.param("handoff-waiting", None, EVERYBODY, [5], id="no unit: the top"),
        pytest.param("handoff-waiting", 9, EVERYBODY, [1], id="nobody's unit: the administrator"),
        pytest.param("broadcast-held", 7, EVERYBODY, [4, 5], id="who sends there"),
        pytest.param("broadcast-late", 9, EVERYBODY, [1], id="a unit without an organiser"),
        pytest.param("disk-full", None, EVERYBODY, [1], id="running the service"),
        pytest.param("disk-full", None, (ORGANISER,), [], id="nobody to tell"),
    ],
)
def test_it_is_heard_by(kind: str, unit: int | None, known: tuple[Listener, ...], expected: list[int]) -> None:
    assert [one.address_id for one in listeners_for(AlarmKind(kind), unit, known)] == expected
