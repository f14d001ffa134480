"""The accounts this installation speaks from: those of the settings and those that were loaded."""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection, select

from bot.channels.base import Account
from bot.domain.updates import ChannelKind
from bot.secrets_of import missing_secrets, secrets_of
from bot.settings import Settings
from bot.storage.account_rows import ensure_accounts
from bot.storage.accounts import AccountRow, load_accounts
from bot.storage.tables import units

log = logging.getLogger(__name__)


def usable_accounts(rows: Sequence[AccountRow], settings: Settings) -> tuple[Account, ...]:
    """Accounts that have their secrets; the others are off, which is said once."""
    named = dict(accounts_of(settings))
    usable: list[Account] = []
    for row in rows:
        environment = settings.environment
        if row.secrets_env:
            missing = missing_secrets(row.kind, row.secrets_env, environment)
            if missing:
                log.warning("channel %s is off: %s is not set", row.code, " and ".join(missing))
                continue
        elif row.kind is not ChannelKind.WEB and named.get(row.kind) != row.external_id:
            log.info("channel %s is off: its settings are no longer there", row.code)
            continue
        secrets = secrets_of(row.secrets_env, environment) if row.secrets_env else {}
        usable.append(Account(row.id, row.kind, row.code, row.external_id, row.unit_id, secrets))
    return tuple(usable)


def accounts_of(settings: Settings) -> list[tuple[ChannelKind, str]]:
    """The accounts that the settings themselves name."""
    found: list[tuple[ChannelKind, str]] = []
    if settings.telegram:
        found.append((ChannelKind.TELEGRAM, settings.telegram.bot_id))
    if settings.messenger:
        found.append((ChannelKind.MESSENGER, settings.messenger.page_id))
    if settings.zalo:
        found.append((ChannelKind.ZALO, settings.zalo.oa_id))
    return found


def accounts_and_organiser(connection: Connection, settings: Settings) -> tuple[tuple[AccountRow, ...], str]:
    """All accounts, those of the settings made first, and the name of the union at the top of the tree."""
    ensure_accounts(connection, accounts_of(settings))
    top = select(units.c.name).where(units.c.parent_id.is_(None)).order_by(units.c.id).limit(1)
    return load_accounts(connection), connection.execute(top).scalar() or ""
