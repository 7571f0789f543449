"""What must not be readable in a stolen database: CPR numbers and the tokens kept for logout."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SHORTEST_KEY = 32
"""Characters of a configured key."""

_KEY_BYTES = 32
_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


class NotAKey(ValueError):
    """A configured key is too short to be one. The message never repeats it."""


class CannotUnseal(Exception):
    """The bytes were sealed under a key we do not have, for another purpose, or have been changed."""


def new_key() -> str:
    """A fresh key as settings want it: 32 random bytes in base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def _derived(secret: str, *, use: str) -> bytes:
    """32 bytes for one use, out of a configured secret (HKDF-SHA256): one secret never serves two algorithms.

    :raises NotAKey: shorter than what 256 bits look like in base64 without padding, near enough
    """
    if len(secret) < SHORTEST_KEY:
        raise NotAKey(f"a key has {SHORTEST_KEY} characters or more, best made by `openssl rand -base64 32`")
    return HKDF(hashes.SHA256(), length=_KEY_BYTES, salt=None, info=use.encode()).derive(secret.encode())


def _key_id(key: bytes) -> bytes:
    """Which key it was, said without telling the key."""
    return hmac.digest(key, b"key id", hashlib.sha256)[:_KEY_ID_BYTES]


class Sealer:
    """Seals short texts with AES-256-GCM. The first key seals, every key unseals: that is how keys are changed.

    `purpose` is bound into what is sealed, so that one column's bytes mean nothing in another. A sealed text is a
    version byte, the key's id, a random nonce and the ciphertext with its tag.
    """

    def __init__(self, keys: Sequence[str], *, purpose: str) -> None:
        read = [_derived(key, use="bdk seal") for key in keys]
        if not read:
            raise NotAKey("at least one key is needed")
        self._current_id = _key_id(read[0])
        self._ciphers = {_key_id(key): AESGCM(key) for key in read}
        self._purpose = purpose.encode()

    def seal(self, text: str) -> bytes:
        """The text, sealed under the current key. Never twice the same bytes."""
        head = _VERSION + self._current_id
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return head + nonce + self._ciphers[self._current_id].encrypt(nonce, text.encode(), head + self._purpose)

    def unseal(self, sealed: bytes) -> str:
        """The text back.

        :raises CannotUnseal: unknown key, other purpose, or changed bytes
        """
        head = sealed[: len(_VERSION) + _KEY_ID_BYTES]
        cipher = self._ciphers.get(head[len(_VERSION) :])
        if cipher is None or not head.startswith(_VERSION):
            raise CannotUnseal("sealed under a key that is not configured")
        nonce, body = sealed[len(head) : len(head) + _NONCE_BYTES], sealed[len(head) + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, head + self._purpose).decode()
        except (InvalidTag, ValueError):
            raise CannotUnseal("the sealed bytes do not verify") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether it was sealed under the first key."""
        return sealed.startswith(_VERSION + self._current_id)


class CprVault:
    """CPR numbers at rest: sealed to be read again, digested to be looked up. Both keys can be changed.

    Of each list the first key is the current one; older ones stay until every row has been written anew. The digest is
    HMAC-SHA256 under a key of its own, for without a key ten digits are guessed in a minute.
    """

    def __init__(self, encryption_keys: Sequence[str], digest_keys: Sequence[str]) -> None:
        self._encryption_keys = tuple(encryption_keys)
        self._sealer = self.sealer_for("cpr")
        self._digest_keys = [_derived(key, use="bdk cpr digest") for key in digest_keys]
        if not self._digest_keys:
            raise NotAKey("at least one digest key is needed")

    def sealer_for(self, purpose: str) -> Sealer:
        """A sealer of something else under the same keys; what it seals is of no use as a CPR, and the other way."""
        return Sealer(self._encryption_keys, purpose=purpose)

    def seal(self, cpr: str) -> bytes:
        """Ten digits, sealed under the current key."""
        return self._sealer.seal(cpr)

    def unseal(self, sealed: bytes) -> str:
        """The ten digits back.

        :raises CannotUnseal: unknown key, or changed bytes
        """
        return self._sealer.unseal(sealed)

    def digest(self, cpr: str) -> bytes:
        """What a new row is looked up by: 32 bytes under the current key."""
        return self.digests(cpr)[0]

    def digests(self, cpr: str) -> list[bytes]:
        """Every digest that a row of this number may bear while keys are being changed, the current one first."""
        return [hmac.digest(key, cpr.encode(), hashlib.sha256) for key in self._digest_keys]

    def is_current(self, *, cpr: str, sealed: bytes, digest: bytes) -> bool:
        """Whether a row bears the current keys, both of them."""
        return self._sealer.is_current(sealed) and hmac.compare_digest(digest, self.digest(cpr))
