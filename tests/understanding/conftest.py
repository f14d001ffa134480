"""The real content, read once."""

import pytest

from bot.library import Library, content_root
from bot.understanding.intents import IntentReader


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load(content_root())


@pytest.fixture(scope="session")
def reader(library: Library) -> IntentReader:
    return library.reader()
