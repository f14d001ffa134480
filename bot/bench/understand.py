"""How well questions are understood: k of n by kind, what is taken for what, and what a wrong answer could harm."""

import json
import statistics
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.library.library import Library
from bot.library.reading import content_root
from bot.understanding.folding import fold
from bot.understanding.intents import OUT_OF_SCOPE, SAFETY, IntentReader

PAIRS = 12
HERE = Path(__file__).resolve().parents[2] / "tests" / "understanding" / "exam"
"""Our own committed set; it never teaches the reader anything."""


@dataclass(slots=True)
class Score:
    """What was counted."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    answered: int = 0
    wrongly_answered: int = 0
    strange: int = 0
    strange_answered: int = 0
    safety: int = 0
    safety_wrong: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def take(self, reader: IntentReader, row: dict[str, Any]) -> None:
        began = time.perf_counter()
        reading = reader.read(row["text"])
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        meant = row["intent"]
        if meant == OUT_OF_SCOPE:
            self.strange += 1
            self.strange_answered += reading.answered
            return
        right = reading.intent == meant
        self.asked[row["kind"]] += 1
        self.right[row["kind"]] += right
        self.answered += reading.answered
        self.wrongly_answered += reading.answered and not right
        if meant in SAFETY.values():
            self.safety += 1
            self.safety_wrong += reading.answered and not right
        if not right:
            self.pairs[meant, reading.intent] += 1

    def told(self) -> dict[str, Any]:
        n = sum(self.asked.values())
        return {
            "right": {kind: _of(self.right[kind], count) for kind, count in sorted(self.asked.items())},
            "answered": _of(self.answered, n),
            "confidently_wrong": _of(self.wrongly_answered, n),
            "out_of_scope_answered": _of(self.strange_answered, self.strange),
            "safety_confidently_wrong": _of(self.safety_wrong, self.safety),
            "confusions": [[meant, taken, count] for (meant, taken), count in self.pairs.most_common(PAIRS)],
            "median_ms": round(statistics.median(self.milliseconds), 3) if self.milliseconds else None,
        }


def run(args: Namespace) -> int:
    """Print one JSON object: a score for each set."""
    library = Library.load(content_root())
    reader = library.reader()
    known = {fold(text) for texts in library.intent_examples.values() for text in texts}
    sets = [Path(path) for path in args.sets] or [HERE]
    told: dict[str, Any] = {path.name: _score(reader, list(_rows(path)), known) for path in sets}
    for path in sets:
        if urgent := _urgent(reader, path):
            told[f"{path.name}: urgent"] = urgent
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    return 0


def _score(reader: IntentReader, rows: Sequence[dict[str, Any]], known: set[str]) -> dict[str, Any]:
    score = Score()
    for row in rows:
        score.take(reader, row)
    taught = sum(fold(row["text"]) in known for row in rows)
    return {"utterances": len(rows), "among_the_examples": taught, **score.told()}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield json.loads(line)


def _urgent(reader: IntentReader, path: Path) -> dict[str, str]:
    """Recall on what is urgent, alarms at what only sounds so, and at ordinary questions."""
    now, only_sounds = path / "urgent_now.yaml", path / "urgent_not.yaml"
    if not now.is_file() or not only_sounds.is_file():
        return {}
    ordinary = [row for row in _rows(path) if row["intent"] != "side_effects"]
    return {
        "heard": _heard(reader, _texts(now)),
        "alarms_at_lookalikes": _heard(reader, _texts(only_sounds)),
        "alarms_at_ordinary": _heard(reader, (row["text"] for row in ordinary)),
    }


def _texts(file: Path) -> Iterator[str]:
    yield from (row["text"] for row in yaml.safe_load(file.read_text(encoding="utf-8")))


def _heard(reader: IntentReader, texts: Iterable[str]) -> str:
    found = [reader.is_urgent(text) for text in texts]
    return _of(sum(found), len(found))


def _of(count: int, of: int) -> str:
    return f"{count} of {of}" + (f" ({100 * count / of:.1f} %)" if of else "")
