"""Passwords of staff, kept only as scrypt hashes that carry their own settings."""

import base64
import hashlib
import hmac

_LOG_COST = 14
_BLOCK = 8


def hash_password(password: str, salt: bytes) -> str:
    """`scrypt$cost$block$salt$hash`; the salt is random and comes from the edge."""
    return f"scrypt${_LOG_COST}${_BLOCK}${_text(salt)}${_text(_digest(password, salt, _LOG_COST, _BLOCK))}"


def is_password(password: str, stored: str) -> bool:
    """Whether `stored` was made from this password."""
    try:
        name, cost, block, salt, digest = stored.split("$")
        made = _digest(password, base64.b64decode(salt), int(cost), int(block))
        return name == "scrypt" and hmac.compare_digest(made, base64.b64decode(digest))
    except ValueError:
        return False


def _digest(password: str, salt: bytes, log_cost: int, block: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=1 << log_cost, r=block, p=1, dklen=32, maxmem=256 * block << log_cost
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
