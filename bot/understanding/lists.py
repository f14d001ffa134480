"""Word lists written as running text, so they stay readable: words by spaces, phrases by commas and lines."""


def word_list(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for membership."""
    return frozenset(text.split())


def phrase_set(text: str) -> frozenset[str]:
    """The phrases of a text, parted by commas or lines."""
    return frozenset(phrase for part in text.replace("\n", ",").split(",") if (phrase := " ".join(part.split())))
