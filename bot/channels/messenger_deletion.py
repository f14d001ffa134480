"""Facebook's data deletion callback: who asks, under the app's signature (Meta, "Data Deletion Request Callback")."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from bot.channels.base import BadWebhook, UnreadableBody
from bot.channels.wire import identifier, read_object, same, text

LONGEST = 8192
ALGORITHM = "HMAC-SHA256"


def read_signed_request(signed: str, secrets: Iterable[str]) -> tuple[str, frozenset[str]]:
    """The app-scoped id of the person, and the secrets that signed it.

    Args:
        signed: the form field `signed_request`: base64url(signature) "." base64url(JSON), without padding.
        secrets: of every app of ours; each is compared in constant time over the encoded payload.

    Raises:
        BadWebhook: no app of ours signed it, or it holds no such request.
    """
    signature, _, payload = signed.partition(".")
    if len(signed) > LONGEST or not signed.isascii() or not payload:
        raise BadWebhook("the signed request is not complete")
    given = _decoded(signature).hex()
    right = frozenset(secret for secret in secrets if secret and same(given, mac(payload, secret)))
    if not right:
        raise BadWebhook("the signature is wrong or missing")
    try:
        body = read_object(_decoded(payload))
    except UnreadableBody as error:
        raise BadWebhook("the signed request cannot be read") from error
    user_id = identifier(body.get("user_id"))
    if text(body.get("algorithm")).upper() != ALGORITHM or not user_id:
        raise BadWebhook("the signed request names nobody, or another algorithm")
    return user_id, right


def mac(payload: str, secret: str) -> str:
    """HMAC-SHA256 over the payload as it is encoded."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadWebhook("the signed request cannot be read") from error
