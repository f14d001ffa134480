"""The addresses of people with the state of their talks, locked for a menu that is about to be written there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select

from bot.domain.contacts import Address
from bot.domain.updates import ChannelKind
from bot.storage.tables import accounts, addresses, contacts


@dataclass(frozen=True, slots=True)
class TalkHome:
    """One address. `name_sealed`, `phone_sealed` are its person's, for approved templates."""

    id: int
    address: Address
    talk_sealed: bytes | None = field(repr=False)
    name_sealed: bytes | None = field(repr=False)
    phone_sealed: bytes | None = field(repr=False)


_query = (
    select(
        addresses.c.id,
        addresses.c.account_id,
        accounts.c.kind,
        addresses.c.user_id,
        addresses.c.contact_id,
        addresses.c.talk_sealed,
        contacts.c.name_sealed,
        contacts.c.phone_sealed,
    )
    .join(accounts, accounts.c.id == addresses.c.account_id)
    .join(contacts, contacts.c.id == addresses.c.contact_id)
    .where(addresses.c.contact_id.in_(bindparam("people", expanding=True)))
    .order_by(addresses.c.id)
    .with_for_update(of=addresses, skip_locked=True, key_share=True)
)


def lock_talks(connection: Connection, people: Sequence[int]) -> dict[int, TalkHome]:
    """By address id; those that the intake holds just now are missing."""
    return {
        row.id: TalkHome(
            row.id,
            Address(row.id, row.account_id, ChannelKind(row.kind), row.user_id, row.contact_id),
            row.talk_sealed,
            row.name_sealed,
            row.phone_sealed,
        )
        for row in connection.execute(_query, {"people": list(people)})
    }
