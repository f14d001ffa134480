"""The spool: raw webhook calls, encrypted in a file, for the minutes in which the database does not answer."""

import base64
import contextlib
import os
import struct
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from bot.channels.base import WebhookRequest
from bot.domain.updates import ChannelKind
from bot.storage.sealing import KeyRing

LABEL = "spool"
LENGTH = struct.Struct(">I")


class Spool:
    """An append-only file of sealed calls. Every method blocks: call it in a thread, one at a time.

    A call is durable when `append` returns (fsync). A record cut off by a kill was never answered with 200 and is
    dropped when the file is opened again. How far the replay has come stands in a small file beside it, so that a
    program that is killed again and again still gets to the end; if that file is behind, calls are replayed twice,
    which is harmless: the intake drops repeats.
    """

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path = path
        self._ring = ring
        path.parent.mkdir(parents=True, exist_ok=True)
        self._mark = path.with_name(path.name + ".done")
        end = self._drop_torn_tail()
        self.position = self._marked(end)
        self.calls = sum(1 for _ in self._records(self.position))

    @property
    def is_empty(self) -> bool:
        return self.calls == 0

    def append(self, requests: Sequence[WebhookRequest]) -> None:
        """Write calls behind the others and bring them to the disk.

        Raises:
            OSError: the disk is full or gone; nothing counts as written.
        """
        records = [self._sealed(request) for request in requests]
        size = self._path.stat().st_size if self._path.exists() else 0
        try:
            with self._path.open("ab") as file:
                file.write(b"".join(LENGTH.pack(len(record)) + record for record in records))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._cut(size)
            raise
        self.calls += len(requests)

    def read(self, most: int) -> tuple[list[WebhookRequest], int]:
        """Up to `most` of the calls not yet replayed, and the position behind them for `replayed`."""
        requests: list[WebhookRequest] = []
        position = self.position
        for record, end in self._records(position):
            requests.append(self._opened(record))
            position = end
            if len(requests) == most:
                break
        return requests, position

    def replayed(self, calls: int, position: int) -> None:
        """So many more calls are committed. Not forced to the disk: too little remembered does no harm."""
        self.position, self.calls = position, self.calls - calls
        self._mark.write_text(str(position), encoding="ascii")

    def clear(self) -> None:
        """Forget everything: all of it is committed."""
        self._mark.unlink(missing_ok=True)  # first: a mark that points behind an empty file would hide new calls
        self._cut(0)
        self.position = self.calls = 0

    def _marked(self, end: int) -> int:
        with contextlib.suppress(OSError, ValueError):
            position = int(self._mark.read_text(encoding="ascii"))
            return position if 0 <= position <= end else 0
        return 0

    def _records(self, position: int) -> Iterator[tuple[bytes, int]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(position)
            while len(head := file.read(LENGTH.size)) == LENGTH.size:
                record = file.read(LENGTH.unpack(head)[0])
                if len(record) < LENGTH.unpack(head)[0]:
                    return
                yield record, file.tell()

    def _drop_torn_tail(self) -> int:
        end = 0
        for _, end in self._records(0):  # noqa: B007
            pass
        if self._path.exists() and self._path.stat().st_size > end:
            self._cut(end)
        return end

    def _cut(self, size: int) -> None:
        if self._path.exists():
            with self._path.open("r+b") as file:
                file.truncate(size)
                os.fsync(file.fileno())

    def _sealed(self, request: WebhookRequest) -> bytes:
        body = {
            "kind": request.kind.value,
            "headers": dict(request.headers),
            "body": base64.b64encode(request.body).decode(),
            "path": request.path_id,
            "at": request.received_at.isoformat() if request.received_at else None,
        }
        return self._ring.seal_json(body, LABEL)

    def _opened(self, record: bytes) -> WebhookRequest:
        body = self._ring.open_json(record, LABEL)
        at = datetime.fromisoformat(body["at"]) if body["at"] else None
        raw = base64.b64decode(body["body"])
        return WebhookRequest(ChannelKind(body["kind"]), body["headers"], raw, body["path"], at)
