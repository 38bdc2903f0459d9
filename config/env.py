"""What the environment says, read once and typed; a bad value names its variable."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

BASE_DIR = Path(__file__).resolve().parent.parent
_NEW_PEOPLE = r"[\w-]+(/[\w-]+)?:(admin|analyst|developer|auditor)"

# The process environment wins over the file, so that one run can differ from the rest.
load_dotenv(BASE_DIR / ".env")


def text(name: str, default: str = "") -> str:
    """Read a variable; one that is empty, as a line of .env may leave it, counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """Read a yes/no variable. Raises: ImproperlyConfigured when it is neither."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: write 1 or 0.")


def whole(name: str, default: int, *, at_least: int = 0) -> int:
    """Read a whole number. Raises: ImproperlyConfigured when it is not one, or is too small."""
    value = text(name)
    if not value:
        return default
    if not value.isdigit() or int(value) < at_least:
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number >= {at_least}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


@dataclass(frozen=True, slots=True)
class Mail:
    """How mail is sent; without a host it is written to the log."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    ssl: bool = False
    tls: bool = False

    @property
    def backend(self) -> str:
        """Return Django's name of the way."""
        return f"django.core.mail.backends.{'smtp' if self.host else 'console'}.EmailBackend"


def mail(name: str) -> Mail:
    """Read smtp://user:password@host:587?tls=1, smtps://…, or console://, the default.

    Raises: ImproperlyConfigured.
    """
    try:
        parts = urlsplit(text(name, "console://"))
        if parts.scheme == "console":
            return Mail()
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("neither smtp nor smtps, or no host")
        ssl = parts.scheme == "smtps"
        return Mail(
            host=parts.hostname,
            port=parts.port or (465 if ssl else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            ssl=ssl,
            tls=not ssl and parse_qs(parts.query).get("tls") == ["1"],
        )
    except ValueError as error:  # without the value: it may hold a password
        example = "smtp://user:password@host:587?tls=1"
        raise ImproperlyConfigured(f"{name} cannot be read: write {example}.") from error


@dataclass(frozen=True, slots=True)
class SignOn:
    """The provider of single sign-on; without an issuer there is none.

    `new_people` says what somebody becomes whom nobody invited; empty: nothing, they are refused.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    name: str = "single sign-on"
    new_people: str = ""


def sign_on() -> SignOn:
    """Read OIDC_ISSUER and what belongs to it.

    Raises: ImproperlyConfigured, where it is half set, open to eavesdroppers, or makes owners.
    """
    issuer = text("OIDC_ISSUER").rstrip("/")
    if not issuer:
        return SignOn()
    found = SignOn(
        issuer=issuer,
        client_id=text("OIDC_CLIENT_ID"),
        client_secret=text("OIDC_CLIENT_SECRET"),
        name=text("OIDC_NAME", "single sign-on"),
        new_people=text("OIDC_NEW_PEOPLE"),
    )
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise ImproperlyConfigured(f"OIDC_ISSUER is {issuer!r}: write an address with https.")
    if not found.client_id or not found.client_secret:
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
    if found.new_people and not re.fullmatch(_NEW_PEOPLE, found.new_people):
        raise ImproperlyConfigured(
            f"OIDC_NEW_PEOPLE is {found.new_people!r}: write org:role or org/team:role, the role "
            "being admin, analyst, developer or auditor."
        )
    return found


def data_dir() -> Path:
    """Return the folder of everything this installation keeps, made if it is missing."""
    folder = Path(text("DATA_DIR") or BASE_DIR / "var")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret_key() -> str:
    """Return SECRET_KEY, else a random one kept for this installation alone.

    There is no default that anyone else could know; several machines must share one by variable.
    """
    if value := text("SECRET_KEY"):
        return value
    file = data_dir() / "secret_key"
    if not file.exists():
        # Written aside and linked: two processes that start together end with the same key.
        draft = file.with_name(f"secret_key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()
