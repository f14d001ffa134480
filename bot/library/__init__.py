"""Reads the words in content/: schema, loader, checks, rendering."""

from bot.library.findings import ContentFaults, Finding
from bot.library.library import Library
from bot.library.reading import content_root
from bot.library.schema import Topic

__all__ = ["ContentFaults", "Finding", "Library", "Topic", "content_root"]
