"""The intake: takes verified calls, answers when they are durable, and keeps them in the spool while the database is away."""

import asyncio
import contextlib
import hashlib
import logging
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.channels.base import BadWebhook, Received, UnreadableBody, WebhookRequest
from bot.clock import Clock
from bot.dialog.post_words import comment_phrases
from bot.dialog.turns import Turn
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind, Commented
from bot.intake.batcher import PATIENCE, Batcher, Figures, Waiting
from bot.intake.catalogues import Catalogues
from bot.intake.handling import Committed
from bot.intake.spool import Spool
from bot.intake.tools import Tools
from bot.storage.comments import keep_comments
from bot.storage.database import INTAKE_FIRST, Database, DatabaseAway
from bot.storage.platform_events import PlatformEvent, take_events
from bot.storage.prepared import Row
from bot.storage.sealing import KeyRing
from bot.storage.turns import keep_aside
from bot.understanding.comments import asks_to_come

log = logging.getLogger(__name__)

REPLAY_EVERY = 0.5
REPLAY_PAGE = 200


class NotTaken(Exception):
    """Neither the database nor the spool took the call: answer 503."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A durable call: its turns by place (None: a repeat, or not known yet because it is in the spool)."""

    turns: tuple[Turn | None, ...] = ()
    spooled: bool = False


class Intake:
    """The only caller of `respond`.

    While the spool holds calls, new ones go behind them, so that one person's updates stay in order; a task replays
    them in order as soon as the database answers, and repeats are dropped.
    """

    def __init__(
        self,
        db: Database,
        ring: KeyRing,
        catalogues: Catalogues,
        limits: Mapping[ChannelKind, Limits],
        receive: Callable[[WebhookRequest], Received],
        spool_path: Path,
        clock: Clock,
        on_commit: Callable[[Committed], None],
    ) -> None:
        self._db = db
        self._ring = ring
        self._clock = clock
        self._receive = receive
        self._catalogues = catalogues
        self._batcher = Batcher(db, catalogues, Tools(ring, limits), clock, on_commit)
        self._spool = Spool(spool_path, ring)
        self._spool_lock = asyncio.Lock()
        self._spooling = not self._spool.is_empty
        self._pending: list[tuple[WebhookRequest, asyncio.Future[None]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.left_alone: Counter[str] = Counter()

    @property
    def figures(self) -> Figures:
        return self._batcher.figures

    @property
    def spool_size(self) -> int:
        """Calls in the spool."""
        return self._spool.calls

    async def start(self) -> None:
        work = (self._batcher.run(), self._batcher.watch(), self._replay())
        self._tasks = [asyncio.create_task(one) for one in work]

    async def close(self) -> None:
        """Finish the batches under way; what waits is given up (nobody got a 200 for it)."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    async def take(self, request: WebhookRequest | None, received: Received) -> Taken:
        """Handle a verified call and return when it is durable.

        Args:
            request: the raw call, for the spool; None where the caller can repeat it himself (a page, polling).

        Raises:
            NotTaken: neither the database nor the spool took it.
        """
        self.left_alone.update(received.left_alone)
        if self._spooling and request is not None:
            return await self._to_spool(request)
        waiting = self._batcher.put(received.updates)
        try:
            turns = [await one.turn for one in waiting]
            if received.faulty or received.notices or received.comments:
                async with asyncio.timeout(PATIENCE):
                    await self._keep_aside(received)
                    await self._keep_notices(received)
        except (TimeoutError, DatabaseAway) as error:
            if request is None:
                raise NotTaken("the database does not answer; try again in a moment") from error
            return await self._to_spool(request, waiting)
        return Taken(tuple(turns))

    async def _keep_aside(self, received: Received) -> None:
        rows = [self._aside_row(reason, raw) for reason, raw in received.faulty]
        if rows:
            await self._db.write(lambda connection: keep_aside(connection, rows), priority=INTAKE_FIRST)

    async def _keep_notices(self, received: Received) -> None:
        """What a platform says of an account rather than of a person in a talk."""
        events = [PlatformEvent(n.account_id, n.key, n.kind, n.subject, n.detail, n.language) for n in received.notices]
        comments, now = received.comments, self._clock()
        if events:
            await self._db.write(lambda connection: take_events(connection, events, now), priority=INTAKE_FIRST)
        if comments:
            owed = self._wanting(comments)
            keep = partial(keep_comments, comments=comments, now=now, owed=owed)
            await self._db.write(keep, priority=INTAKE_FIRST)

    def _wanting(self, comments: Sequence[Commented]) -> frozenset[str]:
        """Comments that ask to come. Their words are judged here as they come in, and kept nowhere."""
        phrases = comment_phrases(self._catalogues.words)
        return frozenset(one.comment_id for one in comments if not one.gone and asks_to_come(one.text, phrases))

    def _aside_row(self, reason: str, raw: bytes) -> Row:
        """The same bytes make the same row: a platform that repeats a faulty event fills one row only."""
        identity = int.from_bytes(hashlib.blake2b(raw, digest_size=8, key=b"aside").digest(), "big") >> 1
        return {
            "id": identity,
            "account_id": None,
            "address_id": None,
            "channel": reason.partition(":")[0],
            "received_at": self._clock(),
            "reason": reason,
            "body_sealed": self._ring.seal(raw, "kept_aside.body"),
        }

    # --- the spool ---------------------------------------------------------------------------------------------

    async def _to_spool(self, request: WebhookRequest, waiting: Sequence[Waiting] = ()) -> Taken:
        if not self._spooling:
            log.warning("the database does not answer: calls go to the spool")
        self._spooling = True
        self._batcher.withdraw(waiting)
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((request, written))
        async with self._spool_lock:
            await self._write_pending()
        try:
            await written
        except OSError as error:
            log.error("the spool does not take calls: %s", error.strerror)
            raise NotTaken("neither the database nor the spool takes this call") from error
        return Taken(spooled=True)

    async def _write_pending(self) -> None:
        """One fsync for all calls that wait at the same moment."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        error: OSError | None = None
        try:
            await asyncio.to_thread(self._spool.append, [request for request, _ in pending])
        except OSError as failed:
            error = failed
        for _, written in pending:
            if written.done():
                continue
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)

    async def _replay(self) -> None:
        """Whenever calls are in the spool and the database answers: commit them in order, then open the gate again."""
        while True:
            await asyncio.sleep(REPLAY_EVERY)
            if not self._spooling:
                continue
            try:
                await self._replay_all()
            except DatabaseAway:
                continue
            except Exception:
                log.exception("replaying the spool failed; trying again")

    async def _replay_all(self) -> None:
        replayed = 0
        while True:
            replayed += await self._replay_page()
            if not self._spool.is_empty:
                continue
            async with self._spool_lock:
                if self._spool.is_empty and not self._pending:
                    await asyncio.to_thread(self._spool.clear)
                    if self._pending:  # came while the file was being cleared: it is written next, and replayed
                        continue
                    self._spooling = False
                    log.info("replayed %d calls from the spool", replayed)
                    return

    async def _replay_page(self) -> int:
        """All of a page at once: the batcher keeps each person's order, and whatever fails is replayed once more."""
        requests, position = await asyncio.to_thread(self._spool.read, REPLAY_PAGE)
        again = [received for request in requests if (received := self._received_again(request)) is not None]
        waiting = [one for received in again for one in self._batcher.put(received.updates, patience=math.inf)]
        for outcome in await asyncio.gather(*(one.turn for one in waiting), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        for received in again:
            await self._keep_aside(received)
            await self._keep_notices(received)
        if requests:
            async with self._spool_lock:
                await asyncio.to_thread(self._spool.replayed, len(requests), position)
        return len(requests)

    def _received_again(self, request: WebhookRequest) -> Received | None:
        try:
            return self._receive(request)
        except UnreadableBody as error:
            return Received(faulty=((f"{request.kind.value}: {error}", request.body),))
        except BadWebhook:
            log.error("a call in the spool is no longer rightly signed (was a secret changed?): kept aside")
            return Received(faulty=((f"{request.kind.value}: no longer rightly signed", request.body),))
