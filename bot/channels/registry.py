"""Puts the channels together from accounts and settings; one HTTP session for all of them."""

from collections.abc import Mapping, Sequence
from typing import cast

from bot.channels.base import Account, Channel
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.webchat import WebChat
from bot.channels.zalo import Tokens, Zalo
from bot.domain.changing import replace
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind
from bot.settings import PLATFORM_BASES, Settings


class Channels:
    """Every channel that has an account, by kind."""

    def __init__(self, by_kind: Mapping[ChannelKind, Channel], accounts: Sequence[Account], session: SharedSession):
        self.by_kind = dict(by_kind)
        self.accounts = tuple(accounts)
        self._session = session

    def for_account(self, account: Account) -> Channel:
        """The channel this account speaks on."""
        return self.by_kind[account.kind]

    def account(self, account_id: int) -> Account | None:
        """The account of this row id, with its secrets."""
        return next((account for account in self.accounts if account.id == account_id), None)

    @property
    def telegram(self) -> Telegram | None:
        return cast("Telegram | None", self.by_kind.get(ChannelKind.TELEGRAM))

    @property
    def messenger(self) -> Messenger | None:
        return cast("Messenger | None", self.by_kind.get(ChannelKind.MESSENGER))

    async def close(self) -> None:
        """Close the shared connections."""
        await self._session.close()


def build_channels(
    settings: Settings,
    accounts: Sequence[Account],
    limits: Mapping[ChannelKind, Limits],
    session: SharedSession | None = None,
    *,
    zalo_tokens: Tokens | None = None,
    phone_label: str = "📱",
    card_image: str = "",
) -> Channels:
    """The channels of these accounts. A kind without an account is off.

    Args:
        settings: addresses of the platforms, and what all accounts of one app share.
        limits: what each platform allows (content/platforms/).
        accounts: rows of the database with the secrets that bootstrap found for them.
        session: the connections that all of them share; closed with them.
        zalo_tokens: gives a Zalo account's access token of this hour.
        card_image: public picture of Zalo's card that asks for a phone number.
        phone_label: words of Telegram's "share my number" button.
    """
    session = session or SharedSession()
    complete = [_complete(account, settings) for account in accounts]
    of = {kind: [account for account in complete if account.kind is kind] for kind in ChannelKind}
    base = {**PLATFORM_BASES, **settings.bases}
    polling = settings.telegram is not None and settings.telegram.mode == "polling"
    made: dict[ChannelKind, Channel] = {
        ChannelKind.WEB: WebChat(of[ChannelKind.WEB], limits=limits[ChannelKind.WEB]),
        ChannelKind.TELEGRAM: Telegram(
            of[ChannelKind.TELEGRAM],
            session,
            limits=limits[ChannelKind.TELEGRAM],
            base=base["TELEGRAM_API_BASE"],
            phone_label=phone_label,
            polling=polling,
        ),
        ChannelKind.MESSENGER: Messenger(
            of[ChannelKind.MESSENGER],
            session,
            limits=limits[ChannelKind.MESSENGER],
            base=base["MESSENGER_API_BASE"],
            version=settings.messenger_api_version,
        ),
        ChannelKind.ZALO: Zalo(
            of[ChannelKind.ZALO],
            session,
            limits=limits[ChannelKind.ZALO],
            base=base["ZALO_API_BASE"],
            business=base["ZALO_BUSINESS_BASE"],
            tokens=zalo_tokens,
            buttons=settings.zalo_buttons,
            card_image=card_image,
        ),
    }
    return Channels({kind: channel for kind, channel in made.items() if of[kind]}, complete, session)


def _complete(account: Account, settings: Settings) -> Account:
    """The account with what it does not hold itself: the app's secrets, and its own from the environment."""
    return replace(account, secrets={**_shared(account, settings), **{k: v for k, v in account.secrets.items() if v}})


def _shared(account: Account, settings: Settings) -> dict[str, str]:
    match account.kind:
        case ChannelKind.TELEGRAM if (mine := settings.telegram) and mine.bot_id == account.external_id:
            return {"token": mine.token, "secret": mine.webhook_secret}
        case ChannelKind.MESSENGER if app := settings.messenger:
            own = {"token": app.page_token} if app.page_id == account.external_id else {}
            return {"app_secret": app.app_secret, "verify_token": app.verify_token, "app_id": app.app_id, **own}
        case ChannelKind.ZALO if zalo := settings.zalo:
            own_oa = zalo.oa_id == account.external_id
            own = {"token": zalo.access_token, "refresh_token": zalo.refresh_token} if own_oa else {}
            return {"app_id": zalo.app_id, "secret": zalo.oa_secret, "app_secret": zalo.app_secret, **own}
        case _:
            return {}
