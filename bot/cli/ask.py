"""`giothong ask`: what the bot understands of a question, without a database or settings."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.cli.failing import wrong_usage
from bot.library.library import Library
from bot.library.reading import content_root


def ask(args: Namespace) -> int:
    """One JSON object a question, in the order they came."""
    if (args.question is None) == (args.jsonl is None):
        raise wrong_usage('write one question, as in giothong ask "…", or --jsonl FILE')
    questions = iter([("1", args.question)]) if args.jsonl is None else _from_file(args.jsonl)
    reader = Library.load(content_root()).reader()
    for number, text in questions:
        reading = reader.read(text)
        answer = {
            "id": number,
            "intent": reading.intent,
            "confidence": round(reading.confidence, 3),
            "topic": reading.topic,
            "answered": reading.answered,
        }
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def _from_file(name: str) -> Iterator[tuple[Any, str]]:
    """Every line, or a sentence that names the first one that cannot be read."""
    lines = sys.stdin if name == "-" else Path(name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = json.loads(line)
            yield question["id"], str(question["text"])
        except (ValueError, KeyError, TypeError):
            raise wrong_usage(f"{name}:{number}: write a JSON object with id and text on each line") from None
