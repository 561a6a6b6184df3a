"""Which tokens of people are believed: those of a trusted issuer, for us, that hold now; forged ones never."""

import base64
import json
import random
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from dunghen.identity import LocalIssuer
from runtime.errors import Unavailable
from runtime.machine import SystemMachine
from runtime.settings import Issuer
from runtime.web import Person, Role, Tokens
from runtime.web.keys import IssuerKeys, key_set
from runtime.web.tokens import REGISTRY, Opened, TokenError

NOW = datetime.now(UTC)


class Standing(SystemMachine):
    """A machine whose clock stands still, however long other tests take."""

    def wall(self) -> datetime:
        """When this module was read."""
        return NOW


ISSUER, MACHINE = LocalIssuer.new(), Standing()
FORGED = 10_000


def claims(**more: Any) -> dict[str, Any]:
    """Those of a good token; None takes one away."""
    at = NOW.timestamp()
    good: dict[str, Any] = {"iss": ISSUER.name, "aud": "dunghen", "sub": "p-1", "name": "Nguyễn Thị Ký", "roles": ["signer"]}
    good |= {"units": ["H37.12"], "iat": at, "exp": at + 60}
    return {name: value for name, value in (good | more).items() if value is not None}


async def believed(token: str, issuer: LocalIssuer = ISSUER) -> Person:
    """By a service that trusts one issuer."""
    return await Tokens([issuer.trusted()], MACHINE).person(token)


async def test_a_token_says_who_asks_in_which_roles_for_which_units() -> None:
    person = await believed(ISSUER.sign(claims(roles=["signer", "emperor"], form="f", reads_only=True)))

    assert (person.subject, person.name, person.reads_only, person.form) == ("p-1", "Nguyễn Thị Ký", True, "f")
    assert person.roles == {Role.SIGNER}  # a role that nobody knows here is none
    assert (person.may(Role.SIGNER, Role.OFFICER), person.may(Role.OFFICER)) == (True, False)
    assert (person.sees("H37.12"), person.sees("H37.05"), person.sees("*")) == (True, False, False)
    assert (person.units_of(), person.units_of("H37.12"), person.units_of("H37.05")) == (("H37.12",), ("H37.12",), ())


@pytest.mark.parametrize("units", ["*", ["*"]])
async def test_a_star_is_the_whole_province(units: object) -> None:
    person = await believed(ISSUER.sign(claims(units=units)))

    assert (person.sees("H37.05"), person.units_of(), person.units_of("H37.05")) == (True, None, ("H37.05",))


@pytest.mark.parametrize(
    "more",
    [
        {"iss": "urn:other"},
        {"iss": None},
        {"aud": "elsewhere"},
        {"aud": ["elsewhere"]},
        {"aud": None},
        {"sub": ""},
        {"sub": "x" * 201},
        {"sub": None},
        {"name": ""},
        {"name": None},
        {"roles": "signer"},
        {"roles": None},
        {"units": "H37.12"},
        {"units": None},
        {"exp": None},
        {"exp": str(NOW.timestamp() + 60)},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": NOW.timestamp() - 1},
        {"exp": NOW.timestamp() + 25 * 3600},
        {"iat": NOW.timestamp() + 300},
        {"nbf": NOW.timestamp() + 300},
        {"reads_only": "no"},
        {"form": 1},
    ],
)
async def test_a_token_that_says_something_else_is_not_believed(more: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        await believed(ISSUER.sign(claims(**more)))


async def test_a_clock_that_is_half_a_minute_ahead_is_believed() -> None:
    assert await believed(ISSUER.sign(claims(iat=NOW.timestamp() + 30)))


async def test_nobody_is_believed_where_no_issuer_is_named() -> None:
    with pytest.raises(TokenError, match="not trusted"):
        await Tokens([], MACHINE).person(ISSUER.sign(claims()))


# --- algorithms ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("EdDSA", OKPKey.generate_key("Ed25519")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
        ("ES256", ECKey.generate_key("P-256")),
        ("RS256", RSAKey.generate_key(2048)),
    ],
)
async def test_keys_of_three_kinds_are_taken(algorithm: str, key: OKPKey | ECKey | RSAKey) -> None:
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    token = jwt.encode({"alg": algorithm}, claims(), key, registry=REGISTRY)

    assert await Tokens([Issuer(issuer=ISSUER.name, jwks=jwks)], MACHINE).person(token)


def part(value: object) -> str:
    """A part of a token, unsigned."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def without_a_signature() -> str:
    """alg none."""
    return f"{part({'alg': 'none'})}.{part(claims())}."


def by_the_public_key() -> str:
    """HS256 with the public key as the secret, which a careless verifier takes."""
    secret = OctKey.import_key(json.dumps(ISSUER.key.as_dict(private=False)) + " " * 64)
    return jwt.encode({"alg": "HS256", "kid": ISSUER.key.kid}, claims(), secret, algorithms=["HS256"])


def by_another_key() -> str:
    """Signed well, by somebody else in the issuer's name."""
    other = LocalIssuer.new()
    return jwt.encode({"alg": "EdDSA", "kid": ISSUER.key.kid}, claims(), other.key, registry=REGISTRY)


def by_an_unknown_key() -> str:
    """The right key under a name that it does not have."""
    return jwt.encode({"alg": "EdDSA", "kid": "other"}, claims(), ISSUER.key, registry=REGISTRY)


def with_a_key_of_its_own() -> str:
    """The key that proves it comes with it."""
    other = LocalIssuer.new()
    own: dict[str, Any] = {"alg": "EdDSA", "kid": other.key.kid, "jwk": other.key.as_dict(private=False)}
    return jwt.encode(own, claims(), other.key, registry=REGISTRY)


def with_a_condition() -> str:
    """`crit` names what a reader has to understand, and we do not."""
    header = {"alg": "EdDSA", "kid": ISSUER.key.kid, "crit": ["exp"], "exp": 1}
    return f"{part(header)}.{ISSUER.sign(claims()).split('.', 1)[1]}"


MADE: tuple[Callable[[], str], ...] = (
    without_a_signature,
    by_the_public_key,
    by_another_key,
    by_an_unknown_key,
    with_a_key_of_its_own,
    with_a_condition,
)


@pytest.mark.parametrize("forged", MADE)
async def test_a_token_that_the_issuer_did_not_sign_is_not_believed(forged: Callable[[], str]) -> None:
    with pytest.raises(TokenError):
        await believed(forged())


def test_a_shared_secret_or_a_short_key_of_a_set_signs_nothing() -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weak = RSAKey.generate_key(1024).as_dict(private=False)

        assert not list(key_set(json.dumps({"keys": [secret, weak, {"kty": "of-next-year"}]})))


def mutants(chance: random.Random, count: int) -> Iterator[str]:
    """Good tokens with something changed in header, payload or signature: characters, claims, parts of others."""
    good = ISSUER.sign(claims())
    others = [ISSUER.sign(claims(roles=["administrator"])), *(made() for made in MADE)]
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    while count:
        pieces = good.split(".")
        at, kind = chance.randrange(3), chance.randrange(5)
        piece = pieces[at]
        if kind == 0:
            place = chance.randrange(len(piece) - 1)  # the last character of a part has bits that mean nothing
            pieces[at] = piece[:place] + chance.choice(letters) + piece[place + 1 :]
        elif kind == 1:
            pieces[at] = chance.choice(others).split(".")[at]
        elif kind == 2:
            cut = chance.randrange(len(piece))
            pieces[at] = piece[:cut] if chance.random() < 0.5 else piece[:cut] + piece[cut + 1 :]
        elif kind == 3:
            name, value = chance.choice(
                (("roles", ["administrator"]), ("units", "*"), ("exp", 9e9), ("sub", "p-2"), ("iss", "x"))
            )
            pieces[1] = part(claims(**{name: value}))
        else:
            pieces[0] = part(
                {"alg": chance.choice(("none", "HS256", "ES256", "RS256", "EdDSA", "")), "kid": chance.choice(("", None, 1))}
            )
        forged = ".".join(pieces)
        if forged != good:
            count -= 1
            yield forged


async def test_of_ten_thousand_forged_tokens_none_is_believed() -> None:
    keys, good, taken = key_set(ISSUER.jwks()), ISSUER.sign(claims()), []
    for forged in mutants(random.Random(24), FORGED):
        try:
            opened = Opened.of(forged)
            if opened.claims.iss == ISSUER.name:
                taken.append((forged, opened.believed(keys, NOW)))
        except TokenError:
            continue

    assert taken == []
    assert Opened.of(good).believed(keys, NOW)


# --- where keys come from -----------------------------------------------------------------


class HandMachine(Standing):
    """A machine whose seconds are set by hand."""

    seconds = 0.0

    def monotonic(self) -> float:
        """As set."""
        return self.seconds


class Site:
    """An issuer's address that answers, or does not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.jwks, self.asked = ISSUER.jwks(), 0
        make = httpx.AsyncClient
        monkeypatch.setattr(
            "runtime.web.keys.httpx.AsyncClient", lambda **more: make(transport=httpx.MockTransport(self.answer), **more)
        )

    def answer(self, _: httpx.Request) -> httpx.Response:
        """The set, or 503 while there is none."""
        self.asked += 1
        return httpx.Response(200, text=self.jwks) if self.jwks else httpx.Response(503)


async def test_keys_are_remembered_and_kept_while_the_issuer_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    site, machine = Site(monkeypatch), HandMachine()
    keys = IssuerKeys("https://issuer.example/jwks", machine)
    for _ in range(3):
        assert await keys.keys(ISSUER.key.kid)
    remembered = site.asked
    site.jwks, machine.seconds = "", 301
    assert await keys.keys(ISSUER.key.kid)

    assert (remembered, site.asked) == (1, 2)


async def test_an_unknown_key_is_asked_for_at_most_every_half_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    site, machine, new = Site(monkeypatch), HandMachine(), LocalIssuer.new()
    keys = IssuerKeys("https://issuer.example/jwks", machine)
    await keys.keys(ISSUER.key.kid)
    site.jwks = new.jwks()
    for machine.seconds in (1, 29, 31, 32):
        found = await keys.keys(new.key.kid)

    assert site.asked == 2
    assert [key.kid for key in found] == [new.key.kid]


async def test_without_any_keys_yet_a_token_is_neither_believed_nor_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    site, machine = Site(monkeypatch), HandMachine()
    site.jwks = ""
    tokens = Tokens([Issuer(issuer=ISSUER.name, jwks="https://issuer.example/jwks")], machine)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await tokens.person(ISSUER.sign(claims()))
    asked, site.jwks, machine.seconds = site.asked, ISSUER.jwks(), 1

    assert asked == 1
    assert await tokens.person(ISSUER.sign(claims()))


async def test_keys_are_read_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_text(ISSUER.jwks(), "utf-8")

    assert await IssuerKeys(str(tmp_path / "jwks.json"), MACHINE).keys(None)


def test_a_token_expires_to_the_second() -> None:
    opened, keys = Opened.of(ISSUER.sign(claims())), key_set(ISSUER.jwks())

    assert opened.believed(keys, NOW + timedelta(seconds=59))
    with pytest.raises(TokenError, match="expired"):
        opened.believed(keys, NOW + timedelta(seconds=60))
