"""Names as they are searched: a keyed token for each folded word, so that nothing has to be opened to find somebody."""

from bot.storage.sealing import KeyRing
from bot.understanding.folding import fold


def name_words(ring: KeyRing, name: str) -> str:
    """The tokens of a name, each between spaces: ` 3f9c0a1b2d4e 77aa… `."""
    return f" {' '.join(name_tokens(ring, name))} "


def name_tokens(ring: KeyRing, name: str) -> list[str]:
    """One token for each different folded word, in a fixed order that tells nothing of theirs."""
    return sorted({ring.word_token(word) for word in fold(name).split()})
