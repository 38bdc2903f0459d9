"""The conversation with an OpenID provider: allauth holds it, and here its answers are checked.

The library trusts an id_token that came over TLS from the token endpoint, and knows no nonce; here
the signature, the issuer, the audience, the times and the nonce are looked at each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import jwt
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit, statekit
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from requests import RequestException

from budgets.services.sign_on import Identity

PROVIDER: Final = "sso"
# Never "none", and none whose key would be a secret that both sides know.
ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})
LEEWAY_SECONDS: Final = 60
_REQUIRED: Final = ["iss", "sub", "aud", "exp", "iat"]
# What a provider that is down, or answers nonsense, lets the library raise.
_NONSENSE: Final = (OAuth2Error, RequestException, jwt.PyJWTError, LookupError, TypeError,
                    ValueError, AttributeError)  # fmt: skip


class ProviderFailed(Exception):
    """Say that the provider cannot be reached, or that its answer is not to be trusted."""


class StrangeAnswer(Exception):
    """Say that this browser asked for nothing that this would answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whom the provider sent, and the address they had asked for; None: none."""

    identity: Identity
    wanted: str | None


class Apps(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Knows the provider of the settings alone, and none of the database."""

    def list_apps(self, request: Any, provider: Any = None, client_id: Any = None) -> list[Any]:
        """Return the one provider, or none."""
        from allauth.socialaccount.adapter import _build_apps_from_settings

        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]


class _Conversation(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """One log-in with the provider."""

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Return the address that the provider knows, whatever the request's host says."""
        return f"{settings.PUBLIC_URL}{reverse('sign-on-callback')}"

    def identity(self, app: Any, answer: dict[str, Any], nonce: str) -> Identity:
        """Return who it is. Raises: one of `_NONSENSE`."""
        claims = self._claims(app, answer["id_token"])
        if not constant_time_compare(str(claims.get("nonce", "")), nonce):
            raise OAuth2Error("the nonce is another one")
        if "email" not in claims:
            said = self._fetch_user_info(answer["access_token"])
            if said["sub"] != claims["sub"]:
                raise OAuth2Error("the user information is about somebody else")
            claims |= {name: said.get(name) for name in ("email", "email_verified")}
        return Identity(
            provider=settings.OIDC.issuer[: _most("provider")],
            subject=_text(claims["sub"], _most("uid")),
            email=_text(claims.get("email") or "", 254).strip(),
            # Some send the word instead of the truth value.
            verified=claims.get("email_verified") in (True, "true"),
        )

    def _claims(self, app: Any, id_token: str) -> dict[str, Any]:
        issuer = self.openid_config["issuer"]
        if issuer.rstrip("/") != settings.OIDC.issuer:
            raise OAuth2Error("the provider calls itself by another name")
        if jwt.get_unverified_header(id_token).get("alg") not in ALGORITHMS:
            raise OAuth2Error("the id_token is not signed by a key of the provider")
        algorithm, key = jwtkit.fetch_key(
            id_token, self.openid_config["jwks_uri"], jwtkit.lookup_kid_jwk
        )
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=key,
            algorithms=[algorithm],
            audience=app.client_id,
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        return claims


def ask(request: HttpRequest, wanted: str | None) -> HttpResponse:
    """Send the browser to the provider. Raises: ProviderFailed."""
    state_id = get_random_string(32)
    try:
        response: HttpResponse = _provider(request).redirect(
            request,
            process=AuthProcess.LOGIN,
            next_url=wanted,
            auth_params={"nonce": _nonce(state_id)},
            state_id=state_id,
        )
    except _NONSENSE as error:
        raise ProviderFailed(type(error).__name__) from error
    return response


def answered(request: HttpRequest) -> Answer:
    """Read what the provider sent the browser back with.

    Raises: StrangeAnswer, ProviderFailed.
    """
    provider, state_id = _provider(request), request.GET.get("state", "")
    state = statekit.unstash_state(request, provider_id=provider.sub_id, state_id=state_id)
    if state is None:
        raise StrangeAnswer
    if "code" not in request.GET:
        raise ProviderFailed(request.GET.get("error", "no code")[:100])
    conversation = provider.get_oauth2_adapter(request)
    try:
        client = conversation.get_client(request, provider.app)
        answer = conversation.get_access_token_data(
            request, provider.app, client, pkce_code_verifier=state.get("pkce_code_verifier")
        )
        identity = conversation.identity(provider.app, answer, _nonce(state_id))
    except _NONSENSE as error:
        raise ProviderFailed(type(error).__name__) from error
    return Answer(identity, state.get("next"))


def _provider(request: HttpRequest) -> Any:
    provider = Apps(request).get_provider(request, provider=PROVIDER)
    provider.oauth2_adapter_class = _Conversation
    return provider


def _nonce(state_id: str) -> str:
    """Return what binds an id_token to the log-in that asked for it, with nothing to store."""
    return salted_hmac("runs.oidc.nonce", state_id, algorithm="sha256").hexdigest()


def _most(field: str) -> int:
    from allauth.socialaccount.models import SocialAccount

    return int(SocialAccount._meta.get_field(field).max_length or 0)


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise OAuth2Error("a claim is no text, or too long")
    return value
