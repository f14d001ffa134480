"""Encryption of personal fields: AES-256-GCM under a ring of keys, the newest of which writes."""

import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_ID = 4
NONCE = 12


class LostKey(Exception):
    """A sealed value was written under a key that is no longer in ENCRYPTION_KEYS, or it was tampered with."""


class KeyRing:
    """Seals and opens values. The label (`table.column`) is bound to the value, so that ciphertexts cannot be swapped
    between columns. A sealed value is version, key id, nonce, ciphertext with tag."""

    def __init__(self, keys: Sequence[bytes], index_key: bytes | None = None) -> None:
        """Args:
        keys: 32 bytes each, newest first.
        index_key: for search tokens; an installation's own comes from `key_store.py`.
        """
        if not keys:
            raise ValueError("at least one encryption key is needed")
        self._ciphers = {self._key_id(key): AESGCM(key) for key in reversed(keys)}
        self._newest = self._key_id(keys[0])
        self._writer = self._ciphers[self._newest]
        self._index_key = index_key or first_index_key(keys)

    @property
    def newest(self) -> bytes:
        """The id of the key that writes, as it stands in bytes 1 to 4 of a sealed value."""
        return self._newest

    @property
    def ids(self) -> tuple[bytes, ...]:
        """The ids of all keys, newest first."""
        return tuple(reversed(self._ciphers))

    def holds(self, sealed: bytes) -> bool:
        """Whether the key of a sealed value is in the ring."""
        return sealed[:1] == VERSION and sealed[1 : 1 + KEY_ID] in self._ciphers

    @staticmethod
    def _key_id(key: bytes) -> bytes:
        return hashlib.sha256(b"key id" + key).digest()[:KEY_ID]

    def seal(self, value: bytes, label: str) -> bytes:
        nonce = os.urandom(NONCE)
        return VERSION + self._newest + nonce + self._writer.encrypt(nonce, value, label.encode())

    def open(self, sealed: bytes, label: str) -> bytes:
        """The value under a sealed one.

        Raises:
            LostKey: no key of the ring opens it.
        """
        cipher = self._ciphers.get(sealed[1 : 1 + KEY_ID])
        if cipher is None or sealed[:1] != VERSION:
            raise LostKey(f"a value of {label} was written under a key that ENCRYPTION_KEYS no longer holds")
        body = 1 + KEY_ID
        try:
            return cipher.decrypt(sealed[body : body + NONCE], sealed[body + NONCE :], label.encode())
        except InvalidTag as error:
            raise LostKey(f"a value of {label} does not open: it was changed or moved") from error

    def seal_text(self, value: str | None, label: str) -> bytes | None:
        return None if value is None else self.seal(value.encode(), label)

    def open_text(self, sealed: bytes | None, label: str) -> str | None:
        return None if sealed is None else self.open(sealed, label).decode()

    def text_or_none(self, sealed: bytes | None, label: str) -> str | None:
        """The same for lists: one value under a lost key must not hide all the others."""
        try:
            return self.open_text(sealed, label)
        except LostKey:
            return None

    def seal_json(self, value: Any, label: str) -> bytes:
        return self.seal(orjson.dumps(value), label)

    def open_json(self, sealed: bytes, label: str) -> Any:
        return orjson.loads(self.open(sealed, label))

    def blind(self, value: str) -> bytes:
        """A search token for an exact value (a phone number): HMAC under the index key, which outlives every rotation."""
        return hmac.digest(self._index_key, value.encode(), "sha256")[:16]

    def word_token(self, word: str) -> str:
        """A search token for one folded word of a name."""
        return hmac.digest(self._index_key, b"word\n" + word.encode(), "sha256")[:6].hex()


def key_id_of(sealed: bytes) -> bytes:
    """The id of the key a value was sealed under, whether the ring has it or not."""
    return sealed[1 : 1 + KEY_ID]


def first_index_key(keys: Sequence[bytes]) -> bytes:
    """The index key of a new installation, derived from its oldest key."""
    return hmac.digest(keys[-1], b"blind index", "sha256")
