"""The program `giothong`: each command in a module of its own, imported only when it is asked for."""

from bot.cli.main import main

__all__ = ["main"]
