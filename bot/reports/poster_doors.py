"""Where a poster's QR codes lead: one way a channel, through the account that is nearest to the poster's unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.base import Account
from bot.domain.updates import ChannelKind
from bot.settings import Settings

ORDER = (ChannelKind.ZALO, ChannelKind.MESSENGER, ChannelKind.TELEGRAM, ChannelKind.WEB)


@dataclass(frozen=True, slots=True)
class Door:
    """One account that a poster can open. `link` has a place for the code; Zalo passes no code on, so its link has none."""

    kind: ChannelKind
    unit_id: int | None
    link: str

    def to(self, code: str) -> str:
        return self.link.format(code=code)


def doors_of(accounts: Sequence[Account], settings: Settings) -> tuple[Door, ...]:
    """A door for each account that is on and whose address is known."""
    return tuple(
        Door(account.kind, account.unit_id, link) for account in accounts if (link := _link(account, settings))
    )


def _link(account: Account, settings: Settings) -> str:
    match account.kind:
        case ChannelKind.ZALO:
            return f"https://zalo.me/{account.external_id}"
        case ChannelKind.MESSENGER:
            return f"https://m.me/{account.external_id}?ref={{code}}"
        case ChannelKind.TELEGRAM:
            own = settings.telegram if settings.telegram and settings.telegram.bot_id == account.external_id else None
            return f"https://t.me/{own.name}?start={{code}}" if own and own.name else ""
        case ChannelKind.WEB:
            return f"{settings.public_url}/chat?ref={{code}}" if settings.public_url else ""


def shut(accounts: Sequence[Account], settings: Settings) -> tuple[str, ...]:
    """Why a channel that is on has no QR code, a sentence each."""
    said = {
        ChannelKind.TELEGRAM: "Telegram has no QR code: TELEGRAM_BOT_NAME is not set, or the bot is not the settings' own.",
        ChannelKind.WEB: "The web chat has no QR code, nor the notice an address: PUBLIC_URL is not set.",
    }
    open_kinds = {door.kind for door in doors_of(accounts, settings)}
    on = {account.kind for account in accounts}
    return tuple(said[kind] for kind in said if kind in on and kind not in open_kinds)


def nearest(doors: Sequence[Door], line: Sequence[int]) -> tuple[Door, ...]:
    """For each channel the door of the nearest unit in the line from a unit up to the top, else the one for everybody."""
    found = (_nearest_of(doors, kind, line) for kind in ORDER)
    return tuple(door for door in found if door is not None)


def _nearest_of(doors: Sequence[Door], kind: ChannelKind, line: Sequence[int]) -> Door | None:
    rank = {unit: place for place, unit in enumerate(line)}
    fitting = [door for door in doors if door.kind is kind and (door.unit_id is None or door.unit_id in rank)]
    return min(fitting, key=lambda door: len(line) if door.unit_id is None else rank[door.unit_id], default=None)
