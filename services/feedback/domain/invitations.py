"""Who is asked, and the token that lets one person answer once."""

import base64
import hashlib
import hmac

# What feedback folds of each fact.
FIELDS: dict[str, tuple[str, ...]] = {
    "received": ("procedure", "competent_unit", "contact_sequence"),
    "completed": (),
}


def token_of(key: bytes, dossier: str) -> str:
    """128 bits that only the holder of the key can make; the same for a dossier however often it is asked for."""
    return base64.urlsafe_b64encode(hmac.new(key, dossier.encode(), hashlib.sha256).digest()[:16]).rstrip(b"=").decode()


def digest(token: str) -> str:
    """What a store may keep of a token: enough to find it, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()
