"""`giothong channels`: looks at each account from outside, and registers what an API can register."""

from argparse import Namespace

from bot.bootstrap import Rooms, open_rooms
from bot.channels.base import Account, Health, SendError
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.running import run
from bot.domain.updates import ChannelKind
from bot.settings import Settings


def check(_args: Namespace) -> int:
    """Token, webhook, limits and expiry of each account; 1 if any of them is unhealthy."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    return run(_check(settings))


def set_webhooks(_args: Namespace) -> int:
    """Register our address with each Telegram bot; says what has to be done by hand elsewhere."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    if not settings.public_url:
        raise wrong_usage("PUBLIC_URL is empty: a platform can only reach a public https address")
    return run(_set_webhooks(settings))


async def _check(settings: Settings) -> int:
    async with open_rooms(settings) as rooms:
        healths = [(account, await _health(rooms, account)) for account in rooms.accounts]
    for account, health in healths:
        facts = ", ".join(f"{name}: {value}" for name, value in health.facts.items())
        state = "ok" if health.ok else f"PROBLEM: {health.problem}"
        print(f"{account.code} ({account.kind.value}): {state}" + (f" ({facts})" if facts else ""))
    return 0 if all(health.ok for _, health in healths) else 1


async def _health(rooms: Rooms, account: Account) -> Health:
    try:
        return await rooms.channels.for_account(account).check(account)
    except SendError as error:
        return Health(False, {}, str(error))


async def _set_webhooks(settings: Settings) -> int:
    failed = 0
    async with open_rooms(settings) as rooms:
        for account in rooms.accounts:
            failed += await _set_webhook(rooms, account)
    return 1 if failed else 0


async def _set_webhook(rooms: Rooms, account: Account) -> int:
    """0 when it is registered, or can only be registered by hand."""
    public = rooms.settings.public_url
    telegram = rooms.channels.telegram
    if account.kind is not ChannelKind.TELEGRAM or telegram is None:
        if account.kind is not ChannelKind.WEB:
            print(f"{account.code}: enter {public}/webhooks/{account.kind.value} on the platform's developer page")
        return 0
    if rooms.settings.telegram is not None and rooms.settings.telegram.mode == "polling":
        print(f"{account.code}: TELEGRAM_MODE is polling, so no webhook is wanted")
        return 0
    try:
        url = f"{public}/webhooks/telegram/{account.external_id}"
        await telegram.set_webhook(account, url, account.secrets.get("secret", ""))
    except SendError as error:
        print(f"{account.code}: PROBLEM: {error}")
        return 1
    print(f"{account.code}: the webhook is registered")
    return 0
