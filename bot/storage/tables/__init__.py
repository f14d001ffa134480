"""Every table, for SQLite and PostgreSQL alike. Columns named `…_sealed` hold encrypted bytes (`sealing.py`)."""

from bot.storage.tables.broadcasts import (
    appeal_candidates,
    appeals,
    broadcast_images,
    broadcasts,
    counted_links,
    posts,
    recipients,
    tags,
)
from bot.storage.tables.care import alarms, house_keys, marks, platform_events
from bot.storage.tables.content import corrections, topic_ratings, unanswered
from bot.storage.tables.giving import deferrals, donations, listed_donors, registrations
from bot.storage.tables.ground import metadata
from bot.storage.tables.joining import join_codes, join_tries, joins
from bot.storage.tables.people import accounts, addresses, consents, contacts, donors
from bot.storage.tables.places import campaigns, drive_changes, drive_staff, drives, poster_codes, slots, units
from bot.storage.tables.rights import consent_proofs, data_requests, pressure_reports, used_links
from bot.storage.tables.sending import attempts, intents, leases, outbox, templates
from bot.storage.tables.staff import audit, staff, staff_addresses, staff_code_tries, staff_keys
from bot.storage.tables.taking import kept_aside, seen

__all__ = [
    "accounts",
    "addresses",
    "alarms",
    "appeal_candidates",
    "appeals",
    "attempts",
    "audit",
    "broadcast_images",
    "broadcasts",
    "campaigns",
    "consent_proofs",
    "consents",
    "contacts",
    "corrections",
    "counted_links",
    "data_requests",
    "deferrals",
    "donations",
    "donors",
    "drive_changes",
    "drive_staff",
    "drives",
    "house_keys",
    "intents",
    "join_codes",
    "join_tries",
    "joins",
    "kept_aside",
    "leases",
    "listed_donors",
    "marks",
    "metadata",
    "outbox",
    "platform_events",
    "poster_codes",
    "posts",
    "pressure_reports",
    "recipients",
    "registrations",
    "seen",
    "slots",
    "staff",
    "staff_addresses",
    "staff_code_tries",
    "staff_keys",
    "tags",
    "templates",
    "topic_ratings",
    "unanswered",
    "units",
    "used_links",
]
