"""Learning: a softmax over weighted signs, trained in a few passes; deterministic, so the same content gives the same bot."""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Signs = Mapping[str, float]
"""What a text shows: sign → strength, which is always the same for the same sign."""

_PASSES = 6
_STEP = 2.0
_SLOWER = 0.3
_BIAS_STEP = 0.1
_NEGLIGIBLE = 0.02
_SEED = 20220429
_UNKNOWN = 0.5
"""How much a sign never seen weighs beside the rarest known one: strange words make the model less sure."""


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt.

    Args:
        rows: for each sign its size (squared) and its pull towards every label, both at the strength it always has.
        unknown: the size of a sign never seen, at strength 1.
    """

    labels: tuple[str, ...]
    bias: list[float] = field(repr=False)
    rows: Mapping[str, tuple[float, list[float]]] = field(repr=False)
    unknown: float

    def likely(self, signs: Signs) -> list[tuple[float, str]]:
        """Labels with their probability, the likeliest first."""
        known = [row for sign in signs if (row := self.rows.get(sign)) is not None]
        strange = sum(strength * strength for sign, strength in signs.items() if sign not in self.rows)
        size = sum(square for square, _ in known) + strange * self.unknown * self.unknown
        if not known or not size:
            return sorted(zip(_softmax(self.bias), self.labels, strict=True), reverse=True)
        scale = 1 / math.sqrt(size)
        pulls = map(sum, zip(*(pull for _, pull in known), strict=True))
        shares = _softmax([pull * scale + bias for pull, bias in zip(pulls, self.bias, strict=True)])
        return sorted(zip(shares, self.labels, strict=True), reverse=True)


def train(texts: Sequence[tuple[Signs, str]]) -> Model:
    """Fit the pulls to labelled texts."""
    labels = tuple(sorted({label for _, label in texts}))
    squares = _squares([signs for signs, _ in texts])
    index = {label: i for i, label in enumerate(labels)}
    fair = _fairness([label for _, label in texts])
    rows = [(list(signs), _scale(signs, squares), index[label]) for signs, label in texts if signs]
    bias = [0.0] * len(labels)
    pulls = {sign: [0.0] * len(labels) for sign in squares}
    shuffle = random.Random(_SEED)  # noqa: S311 (an order of training, not a secret)
    for number in range(_PASSES):
        shuffle.shuffle(rows)
        step = _STEP / (1 + _SLOWER * number)
        for signs, scale, right in rows:
            _learn([(pulls[sign], squares[sign]) for sign in signs], scale, right, bias, step * fair[labels[right]])
    unknown = _UNKNOWN * math.log(1 + len(texts))
    return Model(labels, bias, {sign: (squares[sign], pulls[sign]) for sign in squares}, unknown)


def _fairness(labels: Sequence[str]) -> dict[str, float]:
    """A label with few examples steps further with each, one with many less far: their number must not speak for it."""
    counted = Counter(labels)
    usual = len(labels) / max(len(counted), 1)
    return {label: math.sqrt(usual / count) for label, count in counted.items()}


def _learn(row: list[tuple[list[float], float]], scale: float, right: int, bias: list[float], step: float) -> None:
    """One step: pull the right label up and the wrong ones that seemed likely down."""
    pulls = map(sum, zip(*(pull for pull, _ in row), strict=True))
    errors = _softmax([pull * scale + base for pull, base in zip(pulls, bias, strict=True)])
    errors[right] -= 1
    wrong = [(i, step * error) for i, error in enumerate(errors) if abs(error) > _NEGLIGIBLE]
    for i, error in wrong:
        bias[i] -= _BIAS_STEP * error
    for pull, square in row:
        force = square * scale
        for i, error in wrong:
            pull[i] -= error * force


def _squares(texts: Sequence[Signs]) -> dict[str, float]:
    """(strength x rarity) squared, by sign."""
    counted = Counter(sign for signs in texts for sign in signs)
    strengths = {sign: strength for signs in texts for sign, strength in signs.items()}
    return {sign: (strengths[sign] * math.log(1 + len(texts) / count)) ** 2 for sign, count in counted.items()}


def _scale(signs: Signs, squares: Mapping[str, float]) -> float:
    return 1 / math.sqrt(sum(squares[sign] for sign in signs))


def _softmax(totals: list[float]) -> list[float]:
    top = max(totals, default=0.0)
    powers = [math.exp(total - top) for total in totals]
    whole = sum(powers)
    return [power / whole for power in powers]
