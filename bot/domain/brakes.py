"""When a broadcast stops by itself: too many refusals, or too many people who want no more of it. Pure."""

from dataclasses import dataclass

LEAST = 50
"""Messages that must have ended before anything is concluded from them."""

MOST_FAILED = 0.20
"""A fifth refused means that the words, the picture or the account are wrong, not the people."""

MOST_GONE = 0.03
"""Three in a hundred who take their consent back within hours: the message offends. (listmonk and the large mailers warn
between one and five.)"""

ERRORS, OPT_OUTS = "errors", "opt-outs"


@dataclass(frozen=True, slots=True)
class Sample:
    """What became of a broadcast so far, counted since it was last started or resumed.

    Args:
        failed: refused or without a way; people who had blocked us before do not count.
        gone: people who took back their consent after they were sent it.
    """

    sent: int
    failed: int
    gone: int


def brake(sample: Sample) -> str:
    """Why it stops; "" while it may go on."""
    ended = sample.sent + sample.failed
    if ended >= LEAST and sample.failed > MOST_FAILED * ended:
        return ERRORS
    if sample.sent >= LEAST and sample.gone > MOST_GONE * sample.sent:
        return OPT_OUTS
    return ""
