"""API keys as Django REST framework's authentication, and who a request comes from."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from budgets.core.access import Caller
from budgets.core.errors import InvalidKey, KeyOfArchivedTeam
from budgets.models import User
from budgets.services.access import authenticate_key, caller_of_user


class ApiKeyAuthentication(BaseAuthentication):
    """Read `Authorization: Bearer <API key>`; `request.user` and `request.auth` are the Caller."""

    def authenticate(self, request: Request) -> tuple[Caller, Caller] | None:
        """Return None where there is no such header. Raises: AuthenticationFailed."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        try:
            caller = authenticate_key(words[1].decode("ascii"), timezone.now())
        except KeyOfArchivedTeam as error:
            raise AuthenticationFailed(str(error)) from error
        except (InvalidKey, IndexError, UnicodeDecodeError) as error:
            raise AuthenticationFailed("This API key is not valid.") from error
        return caller, caller

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return 'Bearer realm="api"'


def caller_of(request: Request) -> Caller:
    """Return who a request comes from, by key or by session.

    Raises: NotAuthenticated.
    """
    if isinstance(request.auth, Caller):
        return request.auth
    if isinstance(request.user, User):
        return caller_of_user(request.user)
    raise NotAuthenticated
