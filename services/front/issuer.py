"""The province's issuer of log-ins: OpenID Connect, authorization code with PKCE, state and nonce, by Authlib's client.

It is asked for the tokens of a code, and again and again who somebody is (the userinfo endpoint). What it refuses is `Refused`;
what it does not answer is Unavailable.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from runtime.errors import Unavailable
from runtime.web.keys import key_set
from services.front.domain import Claims
from services.front.settings import FrontSettings
from services.front.tokens import Tokens

SECONDS = 3.0  # the issuer has for an answer
ALGORITHMS = ("RS256", "PS256", "ES256")
LEEWAY = 60  # seconds that two clocks may differ
DISCOVERY = "/.well-known/openid-configuration"


class Refused(Exception):  # noqa: N818 - read as an adjective, like Unavailable
    """The issuer does not know this code or person (any more), or what it said cannot be believed. `reason`: for a metric."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Discovered(BaseModel):
    """What an issuer says of itself, as far as we use it (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None  # RP-Initiated Logout 1.0; not every issuer has it


@dataclass(frozen=True, slots=True)
class Known:
    """An issuer that was asked for its addresses and its keys."""

    at: Discovered
    keys: KeySet


class Issuer:
    """The issuer, by its settings. Its addresses and keys are kept, and asked for again when a signature is by no key known."""

    def __init__(self, settings: FrontSettings, wall: Callable[[], datetime]) -> None:
        self._settings, self._wall = settings, wall
        self._trusted = httpx.create_ssl_context()  # made once: reading the certificates takes longer than most answers
        self._known: Known | None = None

    async def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where to send a browser to log in. Raises Unavailable."""
        known = await self._ask_for_itself()
        async with self._client(redirect) as client:
            url, _ = client.create_authorization_url(
                known.at.authorization_endpoint,
                state=state,
                nonce=nonce,
                code_verifier=verifier,
                prompt="login",  # at a desk that several share, the next one must not be let in as the last one
            )
        return str(url)

    async def exchange(self, code: str, redirect: str, nonce: str, verifier: str) -> tuple[Claims, Tokens]:
        """Who came back with a code. Raises Refused, Unavailable."""
        known = await self._ask_for_itself()
        async with self._client(redirect) as client:
            got = await _answered(client.fetch_token(known.at.token_endpoint, code=code, code_verifier=verifier), "code")
        tokens = _tokens(got, Tokens("", ""))
        subject = await self._subject(str(got.get("id_token", "")), nonce)
        return await self._who(tokens, subject), tokens

    async def ask(self, tokens: Tokens, subject: str) -> tuple[Claims, Tokens]:
        """Who somebody is now. Raises Refused if the issuer does not let him in any more, Unavailable."""
        try:
            return await self._who(tokens, subject), tokens
        except Refused:
            if not tokens.refresh:
                raise
        known = await self._ask_for_itself()
        async with self._client("") as client:
            client.token = {"refresh_token": tokens.refresh}
            asked = client.refresh_token(known.at.token_endpoint, refresh_token=tokens.refresh)
            tokens = _tokens(await _answered(asked, "refresh"), tokens)
        return await self._who(tokens, subject), tokens

    async def way_out(self, back: str) -> str | None:
        """Where a browser ends its log-in at the issuer, and comes back from; None if the issuer has no such place, or does not
        answer. No ID token goes along: an address stands in histories and logs, and the issuer asks the person instead."""
        try:
            there = (await self._ask_for_itself()).at.end_session_endpoint
        except Unavailable:
            return None
        given = {"client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": back}
        return str(httpx.URL(there).copy_merge_params(given)) if there else None

    # --- what is asked ------------------------------------------------------------------------------------------------------

    def _client(self, redirect: str) -> AsyncOAuth2Client:
        settings = self._settings
        return AsyncOAuth2Client(
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            scope=settings.scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=SECONDS,
            verify=self._trusted,
        )

    async def _ask_for_itself(self, *, again: bool = False) -> Known:
        if self._known is not None and not again:
            return self._known
        issuer = self._settings.oidc_issuer.rstrip("/")
        try:
            at = Discovered.model_validate(await self._get(f"{issuer}{DISCOVERY}"))
            keys = key_set(json.dumps(await self._get(at.jwks_uri)))
            if not list(keys):
                raise ValueError("no key that we can read")
        except (ValidationError, ValueError) as error:
            raise Unavailable(f"the issuer does not say where it is: {type(error).__name__}") from None
        if at.issuer.rstrip("/") != issuer:
            raise Unavailable("the issuer calls itself by another name than FRONT_OIDC_ISSUER")
        self._known = Known(at, keys)
        return self._known

    async def _subject(self, id_token: str, nonce: str) -> str:
        """Whom an ID token is about. Raises Refused, Unavailable."""
        try:
            token = jwt.decode(id_token, (await self._ask_for_itself()).keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # by a new key, perhaps
            try:
                token = jwt.decode(id_token, (await self._ask_for_itself(again=True)).keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                raise Refused("id-token") from None
        known = await self._ask_for_itself()
        rules = jwt.JWTClaimsRegistry(
            now=int(self._wall().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": known.at.issuer},
            aud={"essential": True, "value": self._settings.oidc_client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            rules.validate(token.claims)
        except JoseError:
            raise Refused("id-token") from None
        return str(token.claims["sub"])

    async def _who(self, tokens: Tokens, subject: str) -> Claims:
        known = await self._ask_for_itself()
        try:
            said = await self._get(known.at.userinfo_endpoint, {"authorization": f"Bearer {tokens.access}"})
        except ValueError:
            raise Refused("userinfo") from None
        if said.get("sub") != subject:
            raise Refused("subject")
        return self._claims(said)

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """A JSON object. Raises Unavailable; ValueError for a refusal or for what is no object."""
        try:
            async with httpx.AsyncClient(timeout=SECONDS, verify=self._trusted) as client:
                answer = await client.get(url, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"issuer: {type(error).__name__}") from None
        if answer.status_code in (400, 401, 403):  # as RFC 6750 refuses a token
            raise ValueError(f"status {answer.status_code}")
        try:
            said = answer.json() if answer.status_code == 200 else None
        except ValueError:
            said = None
        if not isinstance(said, dict):  # a page about maintenance says nothing about anybody
            raise Unavailable(f"issuer: status {answer.status_code}, and no answer")
        return said

    def _claims(self, said: Mapping[str, Any]) -> Claims:
        verified = said.get("email_verified") is True  # an address that somebody merely wrote down is nobody's
        return Claims(
            subject=str(said["sub"]),
            name=str(said.get("name") or said.get("preferred_username") or ""),
            email=str(said.get("email", "")) if verified else "",
            roles=_words(said, self._settings.roles_claim),
            units=_words(said, self._settings.units_claim),
        )


async def _answered(question: Any, what: str) -> Mapping[str, Any]:  # noqa: ANN401 - Authlib has no types
    """What the token endpoint answers. Raises Refused, Unavailable."""
    try:
        got = await question
    except OAuthError as error:
        if what == "refresh" and error.error != "invalid_grant":  # our own settings there are wrong: nobody's fault who works
            raise Unavailable(f"issuer: {error.error}") from None
        raise Refused(what) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, AttributeError, RecursionError) as error:  # no answer
        raise Unavailable(f"issuer: {type(error).__name__}") from None
    if isinstance(got, dict) and got.get("access_token"):
        return got
    if what == "refresh":  # it refused nobody: a page about maintenance is no reason to log everybody out
        raise Unavailable("issuer: no token, and no refusal")
    raise Refused(what)


def _tokens(got: Mapping[str, Any], before: Tokens) -> Tokens:
    return Tokens(str(got["access_token"]), str(got.get("refresh_token") or before.refresh))


def _words(said: Mapping[str, Any], claim: str) -> tuple[str, ...]:
    """A list of words in a claim; dots reach inside (`realm_access.roles`). Words in one text are parted by blanks."""
    value: Any = said
    for part in claim.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(str(word) for word in value) if isinstance(value, list) else ()
