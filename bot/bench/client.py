"""The benchmark's client, in a process of its own: keep-alive connections that each walk one person after another."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator

import orjson

from bot.bench.walk import Call, calls_of


async def main() -> None:
    """Read the order from standard input, walk, print the figures as one JSON object."""
    order = orjson.loads(sys.stdin.buffer.read())
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    people = iter(range(order["first"], order["first"] + order["people"]))
    began = time.perf_counter()
    walkers = [asyncio.create_task(_walk(order, people, latencies, statuses)) for _ in range(order["in_flight"])]
    await asyncio.gather(*walkers)
    seconds = time.perf_counter() - began
    latencies.sort()
    result = {
        "updates": len(latencies),
        "seconds": seconds,
        "updates_per_second": len(latencies) / seconds,
        "p50_ms": _at(latencies, 0.50) * 1000,
        "p99_ms": _at(latencies, 0.99) * 1000,
        "max_ms": latencies[-1] * 1000 if latencies else 0.0,
        "statuses": {str(status): number for status, number in statuses.items()},
    }
    sys.stdout.buffer.write(orjson.dumps(result))


async def _walk(
    order: dict[str, object], people: Iterator[int], latencies: list[float], statuses: dict[int, int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(str(order["port"])))
    at = int(time.time()) - 60
    for person in people:
        for call in calls_of(person, str(order["channel"]), at):
            began = time.perf_counter()
            writer.write(_wire(call))
            status = await _status(reader)
            latencies.append(time.perf_counter() - began)
            statuses[status] = statuses.get(status, 0) + 1
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def _wire(call: Call) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in call.headers)
    lines = (
        f"POST {call.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(call.body)}\r\n{head}\r\n"
    )
    return lines.encode() + call.body


async def _status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at >= 0:
        length = int(lower[at + 15 : lower.find(b"\r\n", at)])
        if length:
            await reader.readexactly(length)
    return int(head[9:12])


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(main())
