"""The address behind a person's own page: whose it is, how it speaks, whether a consent still stands."""

from sqlalchemy import Connection, select

from bot.domain.consents import Purpose
from bot.domain.contacts import Address
from bot.domain.updates import ChannelKind
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import accounts, addresses, consents
from bot.storage.talks import load_talk


def home_of(connection: Connection, address_id: int) -> Address | None:
    """None when there is no such address, or it was erased."""
    query = (
        select(addresses.c.account_id, accounts.c.kind, addresses.c.user_id, addresses.c.contact_id)
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(addresses.c.id == address_id, addresses.c.erased_at.is_(None))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Address(address_id, row.account_id, ChannelKind(row.kind), row.user_id, row.contact_id)


def language_of_talk(connection: Connection, ring: KeyRing, address_id: int) -> str | None:
    """None where no talk is kept, or no key opens it."""
    sealed = connection.execute(select(addresses.c.talk_sealed).where(addresses.c.id == address_id)).scalar()
    try:
        return load_talk(sealed, ring).language if sealed else None
    except LostKey:
        return None


def consent_stands(connection: Connection, contact_id: int, purpose: Purpose) -> bool:
    query = select(consents.c.id).where(
        consents.c.contact_id == contact_id, consents.c.purpose == purpose.value, consents.c.withdrawn_at.is_(None)
    )
    return connection.execute(query).first() is not None
