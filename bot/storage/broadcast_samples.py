"""What the brake of a broadcast looks at."""

from sqlalchemy import Connection, func, select

from bot.domain.brakes import Sample
from bot.domain.broadcasts import CONSENTS, Broadcast
from bot.domain.outbox import Outcome
from bot.storage.tables import addresses, consents, outbox


def sample_of(connection: Connection, broadcast: Broadcast) -> Sample:
    """Since its start, or since staff let it go on; a person who had blocked us is no fault of the message."""
    since = broadcast.paused_at or broadcast.started_at
    if since is None:
        return Sample(0, 0, 0)
    of_it = outbox.c.broadcast_id == broadcast.id, outbox.c.part == 0, outbox.c.created_at >= since
    query = select(outbox.c.state, func.count()).where(
        *of_it,
        outbox.c.state.in_(("sent", "failed")),
        outbox.c.reason != Outcome.CONTACT_GONE.value,
    )
    counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query.group_by(outbox.c.state))}
    if not counts:
        return Sample(0, 0, 0)
    people = (
        select(addresses.c.contact_id)
        .join(outbox, outbox.c.address_id == addresses.c.id)
        .where(*of_it, outbox.c.state == "sent")
    )
    gone = select(func.count(consents.c.contact_id.distinct())).where(
        consents.c.purpose == CONSENTS[broadcast.draft.purpose].value,
        consents.c.withdrawn_at > since,
        consents.c.contact_id.in_(people),
    )
    return Sample(counts.get("sent", 0), counts.get("failed", 0), connection.execute(gone).scalar_one())
