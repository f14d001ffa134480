"""What the pages of public posts share: the post, the buttons it has for whom, its page and its form."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.dialog.post_words import Links, Way, post_text, way_line
from bot.domain.drives import DriveState
from bot.domain.posts import ALLOWED, KIND_ON, PostDraft, PostKind, PostState, PostStep, faults_of
from bot.domain.references import code_of
from bot.domain.tree import line_up
from bot.storage.accounts import AccountRow, load_accounts
from bot.storage.broadcast_figures import shown
from bot.storage.catalogue import all_units
from bot.storage.counted_links import post_clicks_of
from bot.storage.drives_desk import list_drives, unit_choices
from bot.storage.posts import Post, last_channel, post_at
from bot.storage.staff import StaffMember
from bot.web.console.access import may_edit, may_open
from bot.web.console.desk import Desk, number_in_path, show_desk
from bot.web.console.post_fields import AGES, KEEP, NONE, pictures_of_content, where_of
from bot.web.parts import PARTS, WebParts

SAMPLE_CODE = "HM…"
"""Stands in a preview for a code that is made with the draft."""

SAMPLE_LINK = "…" * 12
"""Stands in a preview for the short name of a link."""


async def find_post(request: web.Request, seated: Desk) -> Post:
    parts, post_id = request.app[PARTS], number_in_path(request, "post")
    found = await parts.db.read(lambda c: post_at(c, post_id, parts.clock()))
    if found is None or not seated.member.may_see(found.draft.unit_id):
        raise web.HTTPNotFound
    return found


def is_above(member: StaffMember, post: Post) -> bool:
    """Somebody of the level above the post's unit, who may also answer for the account it goes out of."""
    return may_open(member, post.draft.unit_id) and member.may_see(post.account_unit_id)


def steps_for(member: StaffMember, post: Post) -> dict[PostStep, bool]:
    """Which buttons its page has."""
    stands, edits = bool(post.platform_id), may_edit(member, post.draft.unit_id)
    from_here = {step: post.state in states for step, states in ALLOWED.items()}
    shown = {step: edits and here for step, here in from_here.items()}
    shown[PostStep.CHANGE] &= not stands
    shown[PostStep.RETURN] &= not stands
    shown[PostStep.APPROVE] &= is_above(member, post) and member.login != post.created_by
    return shown


def faults_in(parts: WebParts, draft: PostDraft, number: int | None) -> dict[str, str]:
    """What its platform would refuse, by field."""
    links = Links(parts.settings.base_url())
    whole = post_text(parts.catalogues.words, draft.words, way_of(parts, draft.account_id, number), links)
    fetchable = parts.settings.public_url.startswith("https://")
    return {where_of(fault): fault.value for fault in faults_of(draft, whole, fetchable=fetchable)}


def way_of(parts: WebParts, account_id: int, number: int | None) -> Way:
    code = "" if number is None else code_of(number)
    return Way(code, parts.post_link(account_id, code) if code else "")


async def show_post(request: web.Request, seated: Desk, post: Post, *, refused: str = "") -> web.StreamResponse:
    parts = request.app[PARTS]
    way, links = way_of(parts, post.draft.account_id, post.number), Links(parts.settings.base_url(), post.id)
    clicks = await parts.db.read(lambda c: post_clicks_of(c, post.id))
    steps = steps_for(seated.member, post)
    return await show_desk(
        request,
        seated,
        "post.html",
        status=409 if refused else 200,
        post=post,
        refused=refused,
        whole=post_text(parts.catalogues.words, post.draft.words, way, links),
        links=[(links.link(target), target) for target in links.targets(post.draft.words).values()],
        clicks=shown(clicks),
        steps={step.value for step, shown in steps.items() if shown},
        waits_for_other=post.state is PostState.SUBMITTED and not steps[PostStep.APPROVE],
    )


async def show_form(
    request: web.Request, seated: Desk, post: Post | None, typed: Mapping[str, str], faults: Mapping[str, str]
) -> web.StreamResponse:
    parts = request.app[PARTS]
    choices = await parts.db.read(lambda c: _choices(c, seated.member, parts))
    return await show_desk(
        request,
        seated,
        "post_form.html",
        status=422 if faults else 200,
        post=post,
        typed=defaultdict(str, typed),
        faults=faults,
        pictures=pictures_of_content(),
        ages=AGES,
        sample_link=_sample_link(parts),
        **choices,
    )


def _sample_link(parts: WebParts) -> str:
    """What stands in the preview for an address in the words, before there is a post; "" where none is counted."""
    links = Links(parts.settings.base_url())
    return f"{links.site}/l/{SAMPLE_LINK}" if links.are_counted else ""


def as_typed(post: Post, parts: WebParts) -> dict[str, str]:
    """A post as its form has it."""
    draft, zone = post.draft, parts.settings.timezone
    due = draft.due_at.astimezone(zone) if draft.due_at is not None and draft.due_at > parts.clock() else None
    return {
        "account": str(draft.account_id),
        "unit": str(draft.unit_id),
        "drive": str(draft.drive_id or ""),
        "title": draft.title,
        "words": draft.words,
        "picture": KEEP if draft.image_id is not None else NONE,
        "channel": draft.aim.channel,
        "followers": "yes" if draft.aim.followers else "",
        "gender": str(draft.aim.gender),
        **{f"age{age}": "yes" for age in draft.aim.ages},
        "date": f"{due:%Y-%m-%d}" if due else "",
        "time": f"{due:%H:%M}" if due else "",
    }


def accounts_for(connection: Connection, member: StaffMember, parts: WebParts) -> list[AccountRow]:
    """Those that are on and have a wall: of their own units, of those above them, and everybody's."""
    tree = {unit.id: unit for unit in all_units(connection)}
    above = set(line_up(tree, member.unit_id)) if member.unit_id is not None else set()
    return [
        row
        for row in load_accounts(connection)
        if row.kind in KIND_ON
        and row.kind in parts.channels
        and (row.unit_id is None or row.unit_id in above or member.may_see(row.unit_id))
    ]


def _choices(connection: Connection, member: StaffMember, parts: WebParts) -> dict[str, Any]:
    """What can be chosen, and for the preview the line that leads to a drive from each account."""
    now, words = parts.clock(), parts.catalogues.words
    rows = accounts_for(connection, member, parts)
    coming = [
        d for d in list_drives(connection, member, now) if d.ends_at > now and d.state is not DriveState.CANCELLED
    ]
    return {
        "accounts": [(row, KIND_ON[row.kind].value) for row in rows],
        "ways": {row.id: way_line(words, Way(SAMPLE_CODE, parts.post_link(row.id, SAMPLE_CODE))) for row in rows},
        "channels": {row.id: last_channel(connection, row.id) for row in rows if KIND_ON[row.kind] is PostKind.CHANNEL},
        "units": unit_choices(connection, member, now),
        "drives": coming,
    }
