"""`giothong bench`: the project's own benchmarks."""

from argparse import Namespace

from bot.cli.failing import wrong_usage


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
