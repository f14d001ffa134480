"""Cutting words: how long platforms think a text is, labels shortened by rule, long texts in pieces."""

import unicodedata

ELLIPSIS = "…"
PARAGRAPH = "\n\n"
SENTENCE_ENDS = ".!?…:;"
CLOSERS = "\"'”’»)]"
GLUE = "\u200d"
"""Zero-width joiner: what stands on either side of it is one sign."""

_UNSEEN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


def measure(text: str) -> int:
    """Length in UTF-16 units, the stricter of the two ways in which platforms count characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def within_size(text: str, size: int) -> bool:
    return 2 * len(text) <= size or measure(text) <= size


def visible(text: str) -> bool:
    """Whether there is anything to see: platforms refuse texts of nothing but spaces, joiners and control signs."""
    return any(unicodedata.category(sign) not in _UNSEEN for sign in text)


def shorten(label: str, limit: int) -> str:
    """A label on one line and within the limit: cut at a word, with "…"."""
    line = " ".join(label.split())
    if within_size(line, limit):
        return line
    head = _head(line, limit - 1)
    at = head.rfind(" ")
    if line[len(head)] != " " and at > len(head) // 2:
        head = head[:at]
    return head.rstrip(" ,;:.-–(/") + ELLIPSIS


def split(text: str, size: int) -> list[str]:
    """Pieces of at most `size`, cut at paragraphs, lines, sentences or words; only white space goes at the cuts."""
    pieces, rest = [], text.strip()
    while not within_size(rest, size):
        at = _cut(rest, _head(rest, size))
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*pieces, rest] if rest else pieces


def _cut(text: str, head: str) -> int:
    """Where to cut: the last paragraph, line or sentence in the second half, else the last word, else the limit."""
    half = len(head) // 2
    for stop in (PARAGRAPH, "\n"):
        if (at := head.rfind(stop)) >= half:
            return max(at, 1)
    spaces = [index for index in range(len(head), 0, -1) if index < len(text) and text[index].isspace()]
    sentence = next((index for index in spaces if index >= half and _ends_sentence(text, index)), 0)
    return sentence or next(iter(spaces), 0) or max(len(head), 1)


def _ends_sentence(text: str, at: int) -> bool:
    """What stands before this space ends a sentence, perhaps inside quotes or brackets."""
    while at > 1 and text[at - 1] in CLOSERS:
        at -= 1
    return text[at - 1] in SENTENCE_ENDS


def _head(text: str, size: int) -> str:
    """The longest beginning within `size` that does not cut one sign in two."""
    head = text[:size]
    while (over := measure(head) - size) > 0:
        head = head[: len(head) - (over + 1) // 2]
    at = len(head)
    while at > 1 and at < len(text) and _one_sign(text, at):
        at -= 1
    return head[:at] if at > 1 else head


def _one_sign(text: str, at: int) -> bool:
    """Whether a cut here would part what belongs together: accents, joined emoji, skin tones, the halves of a flag."""
    after = text[at]
    if text[at - 1] == GLUE or after == GLUE or unicodedata.combining(after):
        return True
    if "\ufe00" <= after <= "\ufe0f" or "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    return _half_flag(after) and _flag_halves_before(text, at) % 2 == 1


def _half_flag(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    begin = at
    while begin and _half_flag(text[begin - 1]):
        begin -= 1
    return at - begin
