"""`giothong bench`: the project's own benchmarks."""

from argparse import Namespace
from pathlib import Path

from bot.cli.failing import wrong_usage
from bot.domain.appeals import MOST_BAGS


def send(args: Namespace) -> int:
    """Calls a second on the way out, and how one OA's permitted pace is used."""
    if args.messages < 1 or args.minutes < 0:
        raise wrong_usage("--messages needs a number above 0, --minutes one that is not below 0")
    from bot.bench.send import run

    return run(args)


def reminders(args: Namespace) -> int:
    """A million donors with reminders: planning beside the intake, the due ones, and one job per reminder instead."""
    if args.donors < 1:
        raise wrong_usage("--donors needs a number above 0")
    from bot.bench.reminders import run

    return run(args)


def booking(args: Namespace) -> int:
    """Hundreds who take the last places at the same moment."""
    if args.people < 1 or args.places < 1 or args.processes < 1:
        raise wrong_usage("--people, --places and --processes need a number above 0")
    if args.processes > 1 and args.database == "sqlite":
        raise wrong_usage("SQLite is for one process: more of them share a PostgreSQL (--database postgresql)")
    from bot.bench.booking import run

    return run(args)


def broadcast(args: Namespace) -> int:
    """A million recipients decided beside the intake, and the way out of one broadcast at an OA's pace."""
    if args.people < 1 or args.minutes < 0:
        raise wrong_usage("--people needs a number above 0, --minutes one that is not below 0")
    from bot.bench.broadcast import run

    return run(args)


def appeal(args: Namespace) -> int:
    """Messages per unit of blood: in waves, and in one blast."""
    if args.people < 1 or args.runs < 1 or not 1 <= args.bags <= MOST_BAGS:
        raise wrong_usage(f"--people and --runs need a number above 0, --bags one of 1 to {MOST_BAGS}")
    from bot.bench.appeal import run

    return run(args)


def understand(args: Namespace) -> int:
    """How well questions are understood."""
    from bot.bench.understand import HERE, run

    for path in args.sets or [str(HERE)]:
        if not Path(path).exists():
            raise wrong_usage(
                f"{path} is not there: name a JSONL file, or a folder of them, with id, text, intent, kind"
            )
    return run(args)


def intake(args: Namespace) -> int:
    """Updates a second through the whole intake, and the proof that every row is there."""
    if args.people < 1 or args.in_flight < 1:
        raise wrong_usage("--people and --in-flight need a number above 0")
    try:
        from bot.bench.intake import run
    except ImportError as error:
        raise wrong_usage(
            f"this benchmark needs the test tools ({error.name} is missing): run `make test` once"
        ) from error
    return run(args)
