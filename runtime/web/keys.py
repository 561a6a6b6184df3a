"""The public keys of an issuer (a JWKS, RFC 7517): read when they are needed, remembered, kept while the issuer is away."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from runtime.errors import Unavailable
from runtime.machine import Machine

REMEMBERED = 300.0  # seconds
AGAIN = 30.0  # seconds between questions because of a key that is not known, or that were not answered
FIRST_AGAIN = 1.0  # the same, while none was ever answered
PATIENCE = 3.0  # seconds for one question
LARGEST = 262_144  # bytes
SHORTEST_RSA = 2048  # bits
_KINDS: Mapping[str, type[OKPKey | ECKey | RSAKey]] = {"OKP": OKPKey, "EC": ECKey, "RSA": RSAKey}


def key_set(text: str | bytes) -> KeySet:
    """The keys of a set whose signatures may be believed. A shared secret among them is passed over, and so is a key that we
    cannot read (RFC 7517, 5): one of a new kind must not lock out who is signed for by the others. Raises ValueError."""
    try:
        listed = json.loads(text)["keys"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no set of keys ({type(error).__name__})") from None
    if not isinstance(listed, list):
        raise ValueError("no set of keys (no list)")
    return KeySet([key for each in listed if (key := _key(each)) is not None])


def _key(each: Any) -> OKPKey | ECKey | RSAKey | None:  # noqa: ANN401 - what an issuer lists
    """One of a set; None of what is no key of ours."""
    try:
        key = _KINDS[each["kty"]].import_key(each)
        weak = isinstance(key, RSAKey) and key.raw_value.key_size < SHORTEST_RSA
    except (KeyError, TypeError, AttributeError, ValueError, JoseError):
        return None
    return None if weak else key


class IssuerKeys:
    """The keys of one issuer. `place`: the address of its set, the path of a file with it, or the set itself."""

    def __init__(self, place: str, machine: Machine) -> None:
        self._place, self._machine = place, machine
        self._known: KeySet | None = None
        self._read_at = self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self, wanted: str | None) -> KeySet:
        """The keys now; asked for again if they are old, or if the wanted one is not among them. Raises Unavailable."""
        if self._is_due(wanted):
            async with self._lock:
                if self._is_due(wanted):
                    await self._ask()
        if self._known is None:
            raise Unavailable("the keys of the token's issuer were not read yet")
        return self._known

    def _is_due(self, wanted: str | None) -> bool:
        now = self._machine.monotonic()
        if self._known is None:
            return now - self._asked_at >= FIRST_AGAIN
        missing = wanted is not None and all(key.kid != wanted for key in self._known)
        return (missing or now - self._read_at >= REMEMBERED) and now - self._asked_at >= AGAIN

    async def _ask(self) -> None:
        """Read them; what was known stays if that fails."""
        self._asked_at = self._machine.monotonic()
        try:
            self._known = key_set(await self._read())
        except (httpx.HTTPError, OSError, ValueError):
            return
        self._read_at = self._asked_at

    async def _read(self) -> str | bytes:
        if self._place.lstrip().startswith("{"):
            return self._place
        if "://" not in self._place:
            return await asyncio.to_thread(Path(self._place).read_bytes)
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = (await client.get(self._place)).raise_for_status()
        if len(answer.content) > LARGEST:
            raise ValueError("too large for a set of keys")
        return answer.content
