"""Learning: a softmax over weighted signs, trained in a few passes; deterministic, so the same content gives the same bot."""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Signs = Mapping[str, float]
"""What a text shows: sign → strength."""

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
    """For each sign its rarity and its weight for every label."""

    labels: tuple[str, ...]
    bias: list[float] = field(repr=False)
    weights: Mapping[str, tuple[float, list[float]]] = field(repr=False)
    unknown: float

    def likely(self, signs: Signs) -> list[tuple[float, str]]:
        """Labels with their probability, the likeliest first."""
        size, totals = 0.0, [0.0] * len(self.labels)
        for sign, strength in signs.items():
            known = self.weights.get(sign)
            if known is None:
                size += (strength * self.unknown) ** 2
                continue
            pull = strength * known[0]
            size += pull * pull
            totals = [total + pull * weight for total, weight in zip(totals, known[1], strict=True)]
        scale = 1 / math.sqrt(size) if size else 0.0
        shares = _softmax([total * scale + bias for total, bias in zip(totals, self.bias, strict=True)])
        return sorted(zip(shares, self.labels, strict=True), reverse=True)


def train(texts: Sequence[tuple[Signs, str]]) -> Model:
    """Fit the weights to labelled texts."""
    labels = tuple(sorted({label for _, label in texts}))
    rarity = _rarities([signs for signs, _ in texts])
    index = {label: i for i, label in enumerate(labels)}
    rows = [(_unit(signs, rarity), index[label]) for signs, label in texts]
    bias = [0.0] * len(labels)
    weights = {sign: [0.0] * len(labels) for sign in rarity}
    order, shuffle = list(range(len(rows))), random.Random(_SEED)  # noqa: S311 (an order of training, not a secret)
    for number in range(_PASSES):
        shuffle.shuffle(order)
        for row in order:
            _learn(*rows[row], weights, bias, _STEP / (1 + _SLOWER * number))
    unknown = _UNKNOWN * max(rarity.values(), default=1.0)
    return Model(labels, bias, {sign: (rarity[sign], weights[sign]) for sign in rarity}, unknown)


def _learn(
    row: list[tuple[str, float]], right: int, weights: dict[str, list[float]], bias: list[float], step: float
) -> None:
    """One step: pull the right label up and the wrong ones that seemed likely down."""
    totals = bias
    for sign, strength in row:
        totals = [total + weight * strength for total, weight in zip(totals, weights[sign], strict=True)]
    errors = _softmax(totals)
    errors[right] -= 1
    wrong = [(i, step * error) for i, error in enumerate(errors) if abs(error) > _NEGLIGIBLE]
    for i, error in wrong:
        bias[i] -= _BIAS_STEP * error
    for sign, strength in row:
        own = weights[sign]
        for i, error in wrong:
            own[i] -= error * strength


def _softmax(totals: list[float]) -> list[float]:
    top = max(totals, default=0.0)
    powers = [math.exp(total - top) for total in totals]
    whole = sum(powers)
    return [power / whole for power in powers]


def _rarities(texts: Sequence[Signs]) -> dict[str, float]:
    counted = Counter(sign for signs in texts for sign in signs)
    return {sign: math.log(1 + len(texts) / count) for sign, count in counted.items()}


def _unit(signs: Signs, rarity: Mapping[str, float]) -> list[tuple[str, float]]:
    size = math.sqrt(sum((strength * rarity[sign]) ** 2 for sign, strength in signs.items())) or 1.0
    return [(sign, strength * rarity[sign] / size) for sign, strength in signs.items()]
