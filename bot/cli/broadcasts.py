"""`giothong broadcast …`: the console's operations on broadcasts for scripts, each printing one JSON object."""

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from bot import clock
from bot.bootstrap.own_accounts import accounts_and_organiser, usable_accounts
from bot.bootstrap.rooms import granted
from bot.cli import place
from bot.cli.broadcast_bar import bar
from bot.cli.failing import PROBLEMS, WRONG_USAGE, Failed, wrong_usage
from bot.cli.running import run
from bot.domain.appeals import MOST_BAGS, Need
from bot.domain.broadcasts import Broadcast, BroadcastState, Draft, Refusal, Refused, Step
from bot.domain.images import NotTaken, check_image
from bot.domain.ledgers import Ledger
from bot.domain.outbox import MessagePurpose
from bot.intake.broadcast_desk import By, Desk, canonical, check_draft, create, desk_of, sentence, take, try_out
from bot.intake.broadcast_words import previews
from bot.library.library import Library
from bot.library.reading import content_root
from bot.settings import Settings
from bot.storage.broadcast_figures import Progress, progress_of
from bot.storage.broadcast_images import PATH, keep_image
from bot.storage.broadcast_surroundings import surroundings_of
from bot.storage.broadcasts import broadcast_at
from bot.storage.database import Database
from bot.storage.dry_run import paces_of
from bot.storage.key_store import open_ring
from bot.storage.staff import StaffMember, member_of
from bot.storage.tables import drives, units
from bot.web.console.access import may_edit, may_open

USAGE = frozenset(
    (
        Refusal.BAD_CODE,
        Refusal.BAD_PURPOSE,
        Refusal.BAD_SEGMENT,
        Refusal.NO_SUCH_TOPIC,
        Refusal.NO_SUCH_UNIT,
        Refusal.UNKNOWN,
    )
)
"""The command line itself is wrong; every other refusal is about the broadcast."""

EVERY = 1.0
"""Seconds between two looks of `status --watch`."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the commands work with, and who acts."""

    desk: Desk
    member: StaffMember | None
    now: datetime
    language: str

    def by(self, unit_id: int) -> By:
        """Their rights over a broadcast of this unit, as in the console."""
        member = self.member
        if member is None:
            raise Refused(Refusal.NO_RIGHT)
        return By(member.login, may_edit(member, unit_id), may_open(member, unit_id))


Work = Callable[[Place, Namespace], Awaitable[dict[str, Any]]]


def make(args: Namespace) -> int:
    """A draft."""
    return _run(args, _make)


def preview(args: Namespace) -> int:
    """What each channel shows, and the dry run of this moment; nothing is written or sent."""
    return _run(args, _preview)


def step(args: Namespace) -> int:
    """One step of its life."""
    return _run(args, _step)


def status(args: Namespace) -> int:
    """How far it is."""
    if args.watch and sys.stdout.isatty():
        return _run(args, _watch)
    return _run(args, _status)


# --- the work of each -------------------------------------------------------------------------------------------------


async def _make(at: Place, args: Namespace) -> dict[str, Any]:
    words = {"vi": _read(args.text_file), "en": _read(args.text_file_en)}
    picture, need = _picture(args.image), _need(args)

    def draft(connection: Connection) -> Draft:
        unit = _id_of(connection, units, args.unit, Refusal.NO_SUCH_UNIT)
        if not at.by(unit).edits:
            raise Refused(Refusal.NO_RIGHT)
        return Draft(
            purpose=MessagePurpose(args.purpose),
            unit_id=unit,
            segment=canonical(connection, args.segment, at.desk.tools, at.now),
            topic=(args.topic or "").removeprefix("topic."),
            words=tuple(sorted((language, text) for language, text in words.items() if text)),
            image_id=keep_image(connection, *picture, at.now) if picture else None,
            drive_id=_id_of(connection, drives, args.drive, Refusal.NO_DRIVE) if args.drive else None,
            template=args.template,
            held_out=args.held_out,
            need=need,
        )

    made = await at.desk.db.write(draft)
    await create(at.desk, at.by(made.unit_id), made, args.code, at.now)
    return _shown(await _find(at, args.code))


async def _preview(at: Place, args: Namespace) -> dict[str, Any]:
    broadcast = await _find(at, args.code)
    if not at.by(broadcast.draft.unit_id).edits:
        raise Refused(Refusal.NO_RIGHT)
    draft, desk = broadcast.draft, at.desk
    await at.desk.db.read(lambda c: check_draft(c, desk, draft, at.now))
    around = await at.desk.db.read(lambda c: surroundings_of(c, draft))
    image = f"{PATH}{around.picture}" if around.picture else ""
    seen = previews(desk.said(at.now), draft, around, image, at.language)
    messages = {one.channel.value: [part.to_json() for part in one.parts] for one in seen}
    return _shown(broadcast) | {"messages": messages, "dry_run": dry_run_shown(await try_out(desk, broadcast, at.now))}


async def _step(at: Place, args: Namespace) -> dict[str, Any]:
    broadcast = await _find(at, args.code)
    wanted = Step(args.step)
    starts = _moment(args.at) if wanted is Step.START and args.at else None
    reasons = tuple(args.reason or ()) if wanted is Step.RETRY else ()
    if wanted is Step.RETRY and not reasons:
        reasons = tuple((await _progress(at, broadcast)).failures)
    by = at.by(broadcast.draft.unit_id)
    count = await take(at.desk, by, broadcast, wanted, at.now, at=starts, reasons=reasons)
    after = _shown(await _find(at, args.code))
    if wanted is Step.SUBMIT:
        after["dry_run"] = dry_run_shown(Ledger.from_json((await _find(at, args.code)).ledger))
    return after | ({"again": count} if wanted is Step.RETRY else {})


async def _status(at: Place, args: Namespace) -> dict[str, Any]:
    broadcast = await _find(at, args.code)
    found = await _progress(at, broadcast)
    if args.json or not sys.stdout.isatty():
        return _shown(broadcast) | progress_shown(found)
    print(bar(broadcast, found))
    return {}


async def _watch(at: Place, args: Namespace) -> dict[str, Any]:
    """The bar in one line until it does not run any more."""
    while True:
        broadcast = await _find(at, args.code)
        print(f"\r\x1b[K{bar(broadcast, await _progress(at, broadcast))}", end="", flush=True)
        if broadcast.state is not BroadcastState.RUNNING:
            print()
            return {}
        await asyncio.sleep(EVERY)


async def _progress(at: Place, broadcast: Broadcast) -> Progress:
    limits, now = at.desk.tools.limits, clock.now()
    return await at.desk.db.read(lambda c: progress_of(c, broadcast.id, now, paces_of(c, limits)))


async def _find(at: Place, code: str) -> Broadcast:
    found = await at.desk.db.read(partial(broadcast_at, which=code))
    if found is None:
        raise Refused(Refusal.UNKNOWN, code)
    return found


# --- in and out -------------------------------------------------------------------------------------------------------


def _run(args: Namespace, work: Work) -> int:
    settings = place.settings_here()
    place.refuse_missing(settings)

    library = read_library(settings)

    async def inside() -> int:
        with place.database(settings) as db:
            rows, _ = await db.write(lambda connection: accounts_and_organiser(connection, settings))
            on = {account.kind for account in usable_accounts(rows, settings)}
            limits = {kind: platform.limits for kind, platform in library.platforms.items() if kind in on}
            desk = desk_of(db, open_ring(db, settings.encryption_keys), library, limits, settings)
            at = Place(desk, await _member(db, args), clock.now(), settings.default_locale)
            try:
                found = await work(at, args)
            except Refused as refused:
                words = sentence(library, refused, settings.default_locale)
                raise Failed(words, WRONG_USAGE if refused.why in USAGE else PROBLEMS) from refused
        if found:
            print(json.dumps(found, ensure_ascii=False))
        return 0

    return run(inside())


def read_library(settings: Settings) -> Library:
    """The content alone: understanding is not taught for a command."""
    return granted(Library.load(content_root()), settings)


async def _member(db: Database, args: Namespace) -> StaffMember | None:
    login = getattr(args, "by", None)
    if not login:
        return None
    member = await db.read(partial(member_of, login=login))
    if member is None:
        raise Failed(f"no staff member has the login {login}")
    return member


def _id_of(connection: Connection, table: Any, code: str, why: Refusal) -> int:
    found = connection.execute(select(table.c.id).where(table.c.code == code)).scalar()
    if found is None:
        raise Refused(why, code)
    return int(found)


def _read(file: str | None) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise wrong_usage(f"{file}: write the text as UTF-8") from error


def _picture(file: str | None) -> tuple[str, bytes] | None:
    if not file:
        return None
    body = Path(file).read_bytes()
    try:
        return check_image(body).kind, body
    except NotTaken as error:
        raise Refused(Refusal.NO_IMAGE, f"{file}: {error.why}") from error


def _need(args: Namespace) -> Need | None:
    """What an appeal is for; a draft may still be without."""
    if args.need is None and not args.needed_by and not args.groups:
        return None
    if args.purpose != MessagePurpose.URGENT:
        raise wrong_usage("--need, --needed-by and --groups belong to --purpose urgent")
    if args.need is None or not args.needed_by or not 1 <= args.need <= MOST_BAGS:
        raise wrong_usage(f"--need takes 1 to {MOST_BAGS} units, and --needed-by says until when")
    return Need(args.need, _moment(args.needed_by, "--needed-by"), tuple(args.groups))


def _moment(text: str, name: str = "--at") -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise wrong_usage(f"{name} {text}: write a day and time with its time zone, such as 2026-12-04T17:00+07:00")
    return at


def _shown(broadcast: Broadcast) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": broadcast.code, "state": broadcast.state.value}
    if broadcast.starts_at is not None and broadcast.state is BroadcastState.SCHEDULED:
        shown["starts_at"] = broadcast.starts_at.isoformat()
    if broadcast.pause_reason:
        shown["pause_reason"] = broadcast.pause_reason
    return shown


def dry_run_shown(ledger: Ledger) -> dict[str, Any]:
    """A dry run as JSON; counts alone."""
    return {
        "segment": ledger.segment,
        "without_consent": ledger.without_consent,
        "other_group": ledger.other_group,
        "first_wave": ledger.first_wave,
        "intended": ledger.intended,
        "reached": ledger.reached,
        "routes": dict(sorted(ledger.routes.items())),
        "skipped": dict(sorted(ledger.skipped.items())),
        "later": dict(sorted(ledger.later.items())),
        "accounts": dict(sorted(ledger.accounts.items())),
        "templates": dict(sorted(ledger.templates.items())),
        "quotas": {code: {"today": one.today, "a_day": one.a_day or None} for code, one in ledger.quotas.items()},
        "price_vnd": ledger.price_vnd,
        "minutes": ledger.minutes,
        "registrations_per_minute": ledger.registrations_per_minute,
    }


def progress_shown(found: Progress) -> dict[str, Any]:
    """As the surface promises."""
    counts = ("intended", "waiting", "sent", "failed", "skipped", "moved", "unknown")
    return {
        **{name: getattr(found, name) for name in counts},
        "reasons": dict(sorted(found.reasons.items())),
        "per_minute": found.per_minute,
        "finishes_at": found.finishes_at.isoformat() if found.finishes_at else None,
    }
