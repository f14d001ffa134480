"""What people's questions tell about our content: counts, never who asked."""

from sqlalchemy import Column, Integer, Table, Text

from bot.storage.columns import Moment
from bot.storage.tables.ground import metadata

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
