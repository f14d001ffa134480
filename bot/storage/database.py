"""The engine and the gate: plain sync SQL in threads, awaited as `db.write(function)` and `db.read(function)`."""

import asyncio
import itertools
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

INTAKE_FIRST = 0
ORDINARY = 5
READERS = 4
WRITERS = 4
PATIENCE = 5
"""Seconds that a statement on SQLite waits for a lock."""

LOG_PATIENCE_MS = 50
"""So long may cutting the log keep the gate waiting for readers."""


class DatabaseAway(Exception):
    """The database cannot be reached or does not take writes now; the work was not done, or it is not known."""


@dataclass(order=True)
class _Job:
    priority: int
    number: int
    work: Callable[[], Any] = field(compare=False)
    result: "Future[Any]" = field(compare=False)


class _Gate:
    """Threads that take jobs by priority: one on SQLite (two writers starve each other), a few on PostgreSQL."""

    def __init__(self, threads: int, name: str) -> None:
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{i}", daemon=True) for i in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], Result], priority: int) -> "Future[Result]":
        result: Future[Result] = Future()
        self._jobs.put(_Job(priority, next(self._numbers), work, result))
        return result

    @property
    def waiting(self) -> int:
        return self._jobs.qsize()

    def close(self) -> None:
        for _ in self._threads:
            self._jobs.put(_Job(99, next(self._numbers), _stop, Future()))
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            if job.work is _stop:
                return
            if not job.result.set_running_or_notify_cancel():
                continue
            try:
                job.result.set_result(job.work())
            except BaseException as error:
                job.result.set_exception(error)


def _stop() -> None:
    """The job that ends a thread of the gate."""


class Database:
    """One database, SQLite or PostgreSQL, behind one gate.

    `write` runs the function in one transaction and commits it; `read` runs it without one that could write. Functions
    get a SQLAlchemy `Connection`, run in a thread, and must finish soon: at most 20 ms or 200 rows a write, bigger work
    comes in pages.
    """

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(self.url, pool_size=WRITERS + 1, begin="BEGIN IMMEDIATE")
        self._read_engine = _engine(self.url, pool_size=READERS, begin="BEGIN") if self.is_sqlite else self.engine
        self._gate = _Gate(1 if self.is_sqlite else WRITERS, "writer")
        self._readers = ThreadPoolExecutor(READERS, "reader")

    async def write(self, work: Work[Result], *, priority: int = ORDINARY) -> Result:
        """Run in a write transaction and commit. A smaller priority goes first.

        Raises:
            DatabaseAway: no connection, or it was lost on the way.
        """
        return await asyncio.wrap_future(self._gate.submit(lambda: self.write_now(work), priority))

    async def read(self, work: Work[Result]) -> Result:
        """Run a reading function.

        Raises:
            DatabaseAway: no connection, or it was lost on the way.
        """
        return await asyncio.wrap_future(self._readers.submit(lambda: self.read_now(work)))

    def write_now(self, work: Work[Result]) -> Result:
        """`write` for callers that are in a thread of their own (the command line, migrations, tests)."""
        try:
            with self.engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            raise _away(error) from error

    def read_now(self, work: Work[Result]) -> Result:
        try:
            with self._read_engine.connect() as connection:
                return work(connection)
        except DBAPIError as error:
            raise _away(error) from error

    def ping(self) -> None:
        """Raises DatabaseAway when the database does not answer."""
        self.read_now(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    async def empty_log(self) -> bool:
        """On SQLite: bring everything into the file and cut the log beside it, where deleted bytes still stand.

        False when a reader was in the way: ask again later. PostgreSQL looks after its own log.
        """
        if not self.is_sqlite:
            return True
        return await asyncio.wrap_future(self._gate.submit(self._cut_log, ORDINARY))

    def _cut_log(self) -> bool:
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={LOG_PATIENCE_MS}")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
        finally:
            connection.close()
        return not busy

    @property
    def writes_waiting(self) -> int:
        return self._gate.waiting

    def close(self) -> None:
        self._gate.close()
        self._readers.shutdown()
        self.engine.dispose()
        self._read_engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def database_url(url: str) -> URL:
    """The program picks the driver: pysqlite or psycopg 3."""
    parsed = make_url(url)
    driver = "sqlite+pysqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver)


def _engine(url: URL, *, pool_size: int, begin: str) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(
            url,
            pool_size=pool_size + READERS,
            max_overflow=4,
            hide_parameters=True,  # an error must not quote what somebody told us
            pool_timeout=5,
            connect_args={"connect_timeout": 3, "options": "-c timezone=UTC"},
        )
        # One multi-row INSERT instead of a pipeline of single ones.
        engine.dialect.use_insertmanyvalues_wo_returning = True
        return engine
    engine = create_engine(
        url,
        poolclass=QueuePool,
        hide_parameters=True,
        pool_size=pool_size,
        connect_args={"check_same_thread": False, "timeout": PATIENCE, "cached_statements": 256},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """WAL so that readers never wait for the writer; FULL because we answer 200 after the commit."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what was erased must not stay readable in the file's free places
        "temp_store=MEMORY",
        "cache_size=-16384",
        "wal_autocheckpoint=4000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _away(error: DBAPIError) -> Exception:
    """A lost or missing connection becomes DatabaseAway; a data error stays what it is."""
    lost = error.connection_invalidated or isinstance(error, OperationalError)
    return DatabaseAway("the database does not answer") if lost else error
