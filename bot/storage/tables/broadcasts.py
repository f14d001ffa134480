"""What staff send to many: broadcasts and their recipients, pictures, counted links, appeals, public posts, tags."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from bot.storage.columns import Moment
from bot.storage.tables.ground import Id, metadata, own_id, reference

broadcasts = Table(
    "broadcasts",
    metadata,
    own_id(),
    Column("code", Text, nullable=False, unique=True),
    reference("units.id", "unit_id"),
    # news, drive or urgent: which consent it needs.
    Column("purpose", Text, nullable=False),
    Column("segment", Text, nullable=False),
    # What it says: a topic of the content, or words of its own by language (JSON). Public words, so not sealed.
    Column("topic", Text, nullable=False, server_default=""),
    Column("words", Text, nullable=False, server_default=""),
    Column("image_id", BigInteger),
    reference("drives.id", "drive_id", nullable=True),
    # For those whose window is shut: the name of one of our forms that a platform has approved; "": they are skipped.
    Column("template", Text, nullable=False, server_default=""),
    # Per cent of the people who are left out, to compare with.
    Column("held_out", SmallInteger, nullable=False, server_default="0"),
    # Of an appeal: bags of blood, until when, and the patients' blood groups, "A+ O-" ("": any).
    Column("need", Integer),
    Column("needed_by", Moment),
    Column("needed_groups", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    # Grows with every change of the draft.
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("submitted_by", Text, nullable=False, server_default=""),
    Column("submitted_at", Moment),
    Column("approved_by", Text, nullable=False, server_default=""),
    Column("approved_at", Moment),
    # The dry run that was approved (JSON, `domain/ledgers.py`), and our mark under it and the draft.
    Column("ledger", Text, nullable=False, server_default=""),
    Column("signature", LargeBinary),
    Column("starts_at", Moment),
    Column("started_at", Moment),
    # How far the people have been gone through: the last contact's id; and when all had been.
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    Column("expanded_at", Moment),
    # When it was last stopped; of one that goes on again: when that was. Its brake counts from then.
    Column("paused_at", Moment),
    # Why the program itself stopped it; "" where staff did.
    Column("pause_reason", Text, nullable=False, server_default=""),
    Column("finished_at", Moment),
    # How often Zalo told that one of its messages was seen (`broadcast_seen.py`). Only the number.
    Column("seen", Integer, nullable=False, server_default="0"),
)
Index(
    "ix_broadcasts_live",
    broadcasts.c.id,
    sqlite_where=broadcasts.c.state.in_(("scheduled", "running", "paused")),
    postgresql_where=broadcasts.c.state.in_(("scheduled", "running", "paused")),
)

# The intents of a broadcast: one row a person, in a table of their own because there may be a million at once. What
# became of the message itself stands in the outbox.
recipients = Table(
    "recipients",
    metadata,
    Column("broadcast_id", BigInteger, ForeignKey("broadcasts.id"), primary_key=True, autoincrement=False),
    # No foreign keys to people: each would be looked up a million times, and the sweep has just read them.
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("address_id", BigInteger),
    Column("account_id", BigInteger),
    Column("route", Text, nullable=False, server_default=""),
    Column("price_vnd", Integer, nullable=False, server_default="0"),
    # waiting, queued (its message stands in the outbox) or skipped (why).
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("due_at", Moment),
    Column("decided_at", Moment),
    Column("wave", SmallInteger, nullable=False, server_default="0"),
    # How often staff had it tried again; part of the message's key.
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    # Of an appeal whose need was met: "queued", or why they are not told ("": not looked at yet).
    Column("thanks", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
Index(
    "ix_recipients_next",
    recipients.c.broadcast_id,
    recipients.c.account_id,
    recipients.c.due_at,
    recipients.c.contact_id,
    sqlite_where=recipients.c.state == "waiting",
    postgresql_where=recipients.c.state == "waiting",
)
Index("ix_recipients_contact_id", recipients.c.contact_id)

# Pictures of broadcasts and posts, as small as platforms like them. Platforms fetch them by `digest`.
broadcast_images = Table(
    "broadcast_images",
    metadata,
    own_id(),
    Column("digest", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

# Links that count how often they were opened, never by whom. Each stands in the words of one broadcast or of one post.
counted_links = Table(
    "counted_links",
    metadata,
    Column("code", Text, primary_key=True),
    reference("broadcasts.id", "broadcast_id", nullable=True),
    reference("posts.id", "post_id", nullable=True),
    Column("target", Text, nullable=False),
    Column("clicks", Integer, nullable=False, server_default="0"),
    CheckConstraint("(broadcast_id IS NULL) <> (post_id IS NULL)", name="of_one"),
    Index("ix_counted_links_broadcast_id", "broadcast_id"),
    Index("ix_counted_links_post_id", "post_id"),
)

# How far an urgent broadcast is, which goes out in waves until enough people have said yes.
appeals = Table(
    "appeals",
    metadata,
    Column("broadcast_id", BigInteger, ForeignKey("broadcasts.id"), primary_key=True, autoincrement=False),
    # How far its candidates have been gathered: the last contact's id; and when all had been.
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    Column("gathered_at", Moment),
    Column("wave", SmallInteger, nullable=False, server_default="0"),
    # Of the last wave: how many are still to be asked, should the program have been cut off in between.
    Column("still_to_ask", Integer, nullable=False, server_default="0"),
    Column("next_wave_at", Moment),
    # When it was met, recalled or ended; and when those asked in vain had been thanked.
    Column("closed_at", Moment),
    Column("close_reason", Text, nullable=False, server_default=""),
    Column("thanked_at", Moment),
)

# Who may still be asked by an appeal, in order. Whoever was asked leaves it, and nobody is left when it ends: their blood
# group is why they stand here.
appeal_candidates = Table(
    "appeal_candidates",
    metadata,
    Column("broadcast_id", BigInteger, ForeignKey("broadcasts.id"), primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, nullable=False),
    Index("ix_appeal_candidates_contact_id", "contact_id"),
    Index("ix_appeal_candidates_place", "broadcast_id", "place"),
    sqlite_with_rowid=False,
)

# What goes to everybody: a page's post, an OA's article with its broadcast to followers, a Telegram channel's post.
posts = Table(
    "posts",
    metadata,
    own_id(),
    reference("accounts.id", "account_id"),
    reference("drives.id", "drive_id", nullable=True),
    reference("units.id", "unit_id"),
    # page-post, article or channel-post.
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("words", Text, nullable=False),
    Column("image_id", BigInteger),
    # For an article's broadcast: which followers (JSON of `zalo_articles.Target`).
    Column("target", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("approved_by", Text, nullable=False, server_default=""),
    Column("approved_at", Moment),
    Column("due_at", Moment),
    Column("started_at", Moment),
    Column("posted_at", Moment),
    # The platform's ids: of the post, and of what it has to go through before (an article's token, its broadcast).
    Column("platform_id", Text),
    Column("step_id", Text),
    # Not looked at before: a platform is at work on it, or asked us to wait.
    Column("look_at", Moment),
)
Index(
    "ix_posts_open",
    posts.c.due_at,
    sqlite_where=posts.c.state.in_(("approved", "sending", "checking")),
    postgresql_where=posts.c.state.in_(("approved", "sending", "checking")),
)
Index("ix_posts_platform_id", posts.c.platform_id)

# Words that staff put on people to find them again. Never about health.
tags = Table(
    "tags",
    metadata,
    Column("contact_id", Id, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("tag", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_tags_tag", "tag", "contact_id"),
)
