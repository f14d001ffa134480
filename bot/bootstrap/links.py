"""The signed links of this installation, and its public pictures."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.domain.contacts import Address
from bot.domain.tokens import sign
from bot.domain.updates import ChannelKind
from bot.settings import Settings

FORM_LINK_LASTS = timedelta(days=7)
ME_LINK_LASTS = timedelta(minutes=30)


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


def card_image(settings: Settings) -> str:
    """The picture on Zalo's card that asks for a phone number; Zalo fetches it, so only with a public address."""
    return f"{settings.public_url}/static/card/drop.png" if settings.public_url.startswith("https://") else ""
