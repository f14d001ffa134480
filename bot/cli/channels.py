"""`giothong channels`: looks at each account from outside, and registers what an API can register."""

import secrets
from argparse import Namespace
from datetime import timedelta

from bot import clock
from bot.bootstrap import Rooms, open_rooms
from bot.channels.base import Account, Health, Misconfigured, SendError
from bot.channels.messenger_profile import profiles as messenger_profiles
from bot.channels.telegram import Telegram
from bot.channels.telegram_profile import profiles
from bot.channels.zalo_oauth import challenge_of, verifier_of
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.running import run
from bot.domain.tokens import sign
from bot.domain.updates import ChannelKind
from bot.settings import Settings
from bot.web.oauth import FIXED, STATE

LINK_LASTS = timedelta(hours=1)


def check(_args: Namespace) -> int:
    """Token, webhook, limits and expiry of each account; 1 if any of them is unhealthy."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    return run(_check(settings))


def set_webhooks(_args: Namespace) -> int:
    """Register our address with each Telegram bot, the app with each page; says what has to be done by hand."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    if not settings.public_url and not _polls(settings):
        raise wrong_usage("PUBLIC_URL is empty: a platform can only reach a public https address")
    return run(_set_webhooks(settings))


def zalo_link(args: Namespace) -> int:
    """Print the consent link of each OA; an admin of the OA opens it, and the callback keeps the first pair."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    if not settings.public_url:
        raise wrong_usage("PUBLIC_URL is empty: Zalo sends the admin back to a public https address")
    return run(_zalo_link(settings, args.account))


async def _zalo_link(settings: Settings, code: str) -> int:
    async with open_rooms(settings) as rooms:
        oas = [a for a in rooms.accounts if a.kind is ChannelKind.ZALO and code in ("", a.code)]
    if not oas:
        raise wrong_usage(f"there is no Zalo OA {code}" if code else "there is no Zalo OA in the settings")
    callback = f"{settings.public_url}/oauth/zalo"
    print(f"Callback URL for Zalo's console: {callback}")
    if settings.zalo_pkce == FIXED:
        print(f"Code challenge for Zalo's console: {challenge_of(verifier_of(settings.secret_key, FIXED))}")
    for account in oas:
        print(f"{account.code}: an admin of the OA opens this within an hour:")
        print(f"  {_consent_link(settings, rooms, account, callback)}")
    return 0


def _consent_link(settings: Settings, rooms: Rooms, account: Account, callback: str) -> str:
    nonce = FIXED if settings.zalo_pkce == FIXED else secrets.token_urlsafe(9)
    challenge = challenge_of(verifier_of(settings.secret_key, nonce))
    state = sign(STATE, f"{account.id}-{nonce}", clock.now() + LINK_LASTS, settings.secret_key)
    return rooms.tokens.oauth.consent_link(account.secrets.get("app_id", ""), callback, challenge, state)


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
    if account.kind is ChannelKind.WEB:
        return 0
    try:
        print(f"{account.code}: {await _registered(rooms, account)}")
    except SendError as error:
        print(f"{account.code}: PROBLEM: {error}")
        return 1
    return 0


async def _telegram_registered(rooms: Rooms, telegram: Telegram, account: Account) -> str:
    """Commands and descriptions; the webhook too unless the bot is polled."""
    await telegram.set_profile(account, profiles(rooms.library.text, rooms.settings.default_locale))
    told = "commands and descriptions are set"
    if _polls(rooms.settings):
        return f"{told}; TELEGRAM_MODE is polling, so no webhook is wanted"
    url = f"{rooms.settings.public_url}/webhooks/telegram/{account.external_id}"
    await telegram.set_webhook(account, url, account.secrets.get("secret", ""))
    return f"the webhook is registered, {told}"


def _polls(settings: Settings) -> bool:
    return settings.telegram is not None and settings.telegram.mode == "polling"


async def _registered(rooms: Rooms, account: Account) -> str:
    """Do what an API can do; the words say what was done and what is left to a person."""
    public, channels = rooms.settings.public_url, rooms.channels
    by_hand = f"enter {public}/webhooks/{account.kind.value} on the platform's developer page"
    if account.kind is ChannelKind.TELEGRAM and channels.telegram is not None:
        return await _telegram_registered(rooms, channels.telegram, account)
    if not public:
        raise Misconfigured("PUBLIC_URL is empty: this platform can only reach a public https address")
    if account.kind is ChannelKind.MESSENGER and channels.messenger is not None:
        words = messenger_profiles(rooms.library.text, rooms.settings.default_locale)
        refused = await channels.messenger.set_webhook(account, words)
        told = f" (without {', '.join(refused)}, which Meta refuses)" if refused else ""
        done = f"the page sends its events to the app{told}; greeting, Get Started and menu are set"
        return f"{done}; the app's own address is set by hand: {by_hand}"
    return by_hand
