"""Runs one command and turns what went wrong into one line and an exit code: 0 done, 1 problems found, 2 wrong usage."""

import importlib
import os
import sys
from collections.abc import Sequence

from bot.cli.commands import parser
from bot.cli.failing import report

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code.

    Args:
        argv: the words after the program's name; the process's own when None.
    """
    args = parser().parse_args(argv)
    os.umask(0o077)  # databases, spools and exports hold what people told us: nobody else on this machine reads them
    try:
        command = importlib.import_module(f"bot.cli.{args.module}")
        return int(getattr(command, args.function)(args))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if args.debug:
            raise
        sentence, code = report(error)
        print(sentence, file=sys.stderr)
        return code
