"""What every part of the program stands on: database, key ring, content, channels; nothing runs yet."""

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot import clock
from bot.bootstrap.links import (
    card_image,
    card_link,
    form_link,
    me_link,
    picture_link,
    route_link,
    route_origin,
    ticket_links,
)
from bot.bootstrap.own_accounts import accounts_and_organiser, usable_accounts
from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.registry import Channels, build_channels
from bot.channels.zalo_oauth import ZaloOAuth
from bot.dialog.talk import Outlook
from bot.domain.platforms import RouteKind
from bot.domain.quiet_hours import QuietHours
from bot.domain.updates import ChannelKind
from bot.editions import Edition
from bot.intake import Catalogues, Fixed
from bot.library.library import Library
from bot.library.reading import content_root
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.schema import check_schema
from bot.storage.sealing import KeyRing
from scheduler.tokens import TokenKeeper


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every part of the program stands on."""

    settings: Settings
    db: Database
    ring: KeyRing
    library: Library
    catalogues: Catalogues
    channels: Channels
    tokens: TokenKeeper

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self.channels.accounts


@asynccontextmanager
async def open_rooms(settings: Settings) -> AsyncIterator[Rooms]:
    """Database, content, channels; nothing runs yet.

    Raises:
        WrongSchema: the database is older or newer than the program.
        LostKey: the database was written under a key that is gone.
        ContentFaults: the content cannot be used.
        DatabaseAway: the database does not answer.
    """
    async with AsyncExitStack() as stack:
        db = stack.enter_context(Database(settings.database_url))
        check_schema(db)
        ring = open_ring(db, settings.encryption_keys)
        edition = read_edition(content_root(), settings)
        library = edition.library
        rows, organiser = db.write_now(lambda connection: accounts_and_organiser(connection, settings))
        accounts = usable_accounts(rows, settings)
        session = SharedSession()
        tokens = _token_keeper(settings, db, ring, session)
        channels = build_channels(
            settings,
            accounts,
            {kind: platform.limits for kind, platform in library.platforms.items()},
            session,
            zalo_tokens=tokens,
            phone_label=_phone_label(library),
            card_image=card_image(settings),
        )
        stack.push_async_callback(channels.close)
        fixed = Fixed(
            words=library,
            reader=edition.reader,
            scrubber=edition.scrubber,
            zone=settings.timezone,
            form_link=form_link(settings),
            me_link=me_link(settings),
            ticket_links=ticket_links(settings),
            picture_link=picture_link(settings),
            card_link=card_link(settings),
            paces={kind: channel.limits.per_minute for kind, channel in channels.by_kind.items()},
            organiser=organiser,
            keep_days=settings.retention.words.days,
            outlook=outlook(settings, library, channels),
            notice=settings.public_url and f"{settings.public_url}/privacy",
        )
        yield Rooms(settings, db, ring, library, Catalogues(db, fixed), channels, tokens)


def read_edition(root: Path, settings: Settings) -> Edition:
    """The content of a folder as this installation uses it."""
    return Edition.of(granted(Library.load(root), settings))


def granted(library: Library, settings: Settings) -> Library:
    """Routes for which a platform wants to be asked first are shut until the settings say that it has granted them."""
    if settings.messenger_human_agent:
        return library
    return library.without_route(ChannelKind.MESSENGER, RouteKind.HUMAN_AGENT)


def _token_keeper(settings: Settings, db: Database, ring: KeyRing, session: SharedSession) -> TokenKeeper:
    """Gives the OAs their tokens of this hour."""
    oauth = ZaloOAuth(session, base=settings.bases["ZALO_OAUTH_BASE"])
    return TokenKeeper(db, ring, oauth, clock.now, process_name())


def outlook(settings: Settings, library: Library, channels: Channels) -> Outlook | None:
    """What looking ahead needs; nobody is asked for one more way while there is no bot to offer."""
    if settings.telegram is None or not settings.telegram.name:
        return None
    return Outlook(
        quiet=quiet_hours(settings),
        intervals=library.rules.intervals,
        has_oa=ChannelKind.ZALO in channels.by_kind,
        link=route_link(settings),
        origin=route_origin(settings),
    )


def quiet_hours(settings: Settings) -> QuietHours:
    return QuietHours(settings.timezone, settings.quiet_from, settings.quiet_to)


def process_name() -> str:
    """A name no other process ever has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def _phone_label(library: Library) -> str:
    return library.text("label.share-phone", "vi") if library.has("label.share-phone") else "📱"
