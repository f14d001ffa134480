"""What our content said and what people's questions tell about it."""

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint

from bot.storage.columns import Moment
from bot.storage.tables.ground import metadata, own_id

# Questions answered with "I do not know", as `understanding/scrubbing.py` lets them through: only words of our own
# content, no name, number or address. `folded` tells the same question from others; moments are days.
unanswered = Table(
    "unanswered",
    metadata,
    Column("folded", Text, primary_key=True),
    Column("words", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_on", Moment, nullable=False),
    Column("last_on", Moment, nullable=False, index=True),
    Column("handled_at", Moment),
)

# How many found an answer useful; `wording` is the topic with its version.
topic_ratings = Table(
    "topic_ratings",
    metadata,
    Column("wording", Text, primary_key=True),
    Column("useful", Integer, nullable=False),
    Column("not_useful", Integer, nullable=False),
)

# Corrections that staff had sent to those who were told another `wording` than this one since a moment. Whom, nobody can
# read here: the answers that went out know it, sealed, for as long as their words are kept.
corrections = Table(
    "corrections",
    metadata,
    own_id(),
    Column("topic", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("told_since", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("reached", Integer, nullable=False, server_default="0"),
    UniqueConstraint("topic", "wording"),
)
