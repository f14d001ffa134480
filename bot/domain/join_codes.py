"""Codes that join two addresses of one person: eight signs in two groups, read aloud and typed without doubt."""

LETTERS = "BCHKMNQTVX"
"""No vowels and none of D, S, F, R, J, W, Z: typing aids for Vietnamese leave them alone, also beside digits."""

DIGITS = "0123456789"
SIGNS = LETTERS + DIGITS
FIRST = LETTERS.replace("H", "")
"""No poster's code (HM…) begins like one of these."""

LENGTH = 8
HALF = LENGTH // 2
_STEP, _SHIFT, _BITS = 6364136223846793005, 1442695040888963407, 64


def is_join_code(code: str) -> bool:
    """Whether a text could be one. Codes of staff hold neither 0 nor 1, passports and years no letter in the end.

    >>> is_join_code("K4M7T2P0"), is_join_code("K4M7T2B0"), is_join_code("C1234567")
    (False, True, False)
    """
    groups = code[:HALF], code[HALF:]
    return (
        len(code) == LENGTH
        and set(code) <= set(SIGNS)
        and code[0] in FIRST
        and all(any(sign in DIGITS for sign in group) for group in groups)
        and any(sign in LETTERS for sign in groups[1])
        and ("0" in code or "1" in code)
    )


def join_code_from(seed: int) -> str:
    """A code from 64 random bits that the edge supplies: about five thousand million of them."""
    while True:
        rest, signs = seed >> 16, []
        for _ in range(LENGTH):
            rest, place = divmod(rest, len(SIGNS))
            signs.append(SIGNS[place])
        code = "".join(signs)
        if is_join_code(code):
            return code
        seed = (seed * _STEP + _SHIFT) % (1 << _BITS)


def spoken_join_code(code: str) -> str:
    """As people read it: XXXX-XXXX."""
    return f"{code[:HALF]}-{code[HALF:]}"
