"""The signed links of this installation, and its public pictures."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.dialog.more_routes import JOINING
from bot.domain.contacts import Address
from bot.domain.registrations import spoken_ticket
from bot.domain.tokens import BadToken, sign, verify
from bot.domain.updates import ChannelKind
from bot.settings import Settings
from bot.storage.joining import LINK_LASTS

FORM_LINK_LASTS = timedelta(days=7)
ME_LINK_LASTS = timedelta(minutes=30)
CARD_LINK_LASTS = timedelta(days=30)
ROUTE = "route"


def form_link(settings: Settings) -> Callable[[Address, datetime], str]:
    """Signed links to the one-page form. Without a public address only a web chat on this computer can open one."""
    base = settings.base_url()

    def link(address: Address, now: datetime) -> str:
        if not settings.public_url and address.channel is not ChannelKind.WEB:
            return ""
        return f"{base}/form/{sign('form', str(address.id), now + FORM_LINK_LASTS, settings.secret_key)}"

    return link


def me_link(settings: Settings) -> Callable[[Address, datetime], str]:
    """Signed links to a person's own data; each opens once (`used_links`), where a form link opens."""
    base = settings.base_url()

    def link(address: Address, now: datetime) -> str:
        if not settings.public_url and address.channel is not ChannelKind.WEB:
            return ""
        subject = f"{address.id}-{secrets.token_urlsafe(9)}"
        return f"{base}/me/{sign('me', subject, now + ME_LINK_LASTS, settings.secret_key)}"

    return link


def ticket_links(settings: Settings) -> Callable[[Address, str], tuple[str, str]]:
    """The page of a ticket and the picture of its QR code. The code alone opens them: it is 50 random bits, and nothing
    personal stands there. Platforms fetch pictures themselves, over https only."""
    base, public = settings.base_url(), settings.public_url

    def links(address: Address, ticket: str) -> tuple[str, str]:
        on_web = address.channel is ChannelKind.WEB
        if not public and not on_web:
            return "", ""
        path = f"/t/{spoken_ticket(ticket)}"
        seen = public.startswith("https://") or (public and on_web)
        return f"{base}{path}", f"{base}{path}.png" if seen else f"{path}.png" if on_web else ""

    return links


def card_link(settings: Settings) -> Callable[[Address, datetime], str]:
    """Signed links to somebody's thank-you card, where that channel can fetch or open one."""
    public = settings.public_url if settings.public_url.startswith("https://") else ""

    def link(address: Address, now: datetime) -> str:
        if not public and address.channel is not ChannelKind.WEB:
            return ""
        return f"{public}/card/{sign('card', str(address.id), now + CARD_LINK_LASTS, settings.secret_key)}"

    return link


def picture_link(settings: Settings) -> Callable[[Address, str], str]:
    """Where the picture of an answer can be fetched: by platforms over https only, by our own page always. On Zalo a
    picture would be a call of its own, so answers there go without."""
    public = settings.public_url if settings.public_url.startswith("https://") else ""

    def link(address: Address, name: str) -> str:
        if address.channel is ChannelKind.WEB:
            return f"{public}/pictures/{name}"
        return f"{public}/pictures/{name}" if public and address.channel is not ChannelKind.ZALO else ""

    return link


def route_link(settings: Settings) -> Callable[[Address, datetime], str]:
    """Links that open our Telegram bot and join the chat there to the person of an address ("" without a bot's name).

    A start parameter takes letters, digits, - and _, at most 64 of them: so hyphens stand for the token's dots.
    """
    name = settings.telegram.name if settings.telegram else ""

    def link(address: Address, now: datetime) -> str:
        if not name:
            return ""
        subject, until, mac = sign(ROUTE, str(address.id), now + LINK_LASTS, settings.secret_key).split(".")
        return f"https://t.me/{name}?start={JOINING}{subject}-{until}-{mac}"

    return link


def route_origin(settings: Settings) -> Callable[[str, datetime], int | None]:
    """The address that such a link was made for."""

    def origin(carried: str, now: datetime) -> int | None:
        try:
            return int(verify(ROUTE, ".".join(carried.split("-", 2)), now, settings.secret_key))
        except (BadToken, ValueError):
            return None

    return origin


def card_image(settings: Settings) -> str:
    """The picture on Zalo's card that asks for a phone number; Zalo fetches it, so only with a public address."""
    return f"{settings.public_url}/static/card/drop.png" if settings.public_url.startswith("https://") else ""
