"""Every setting, from the environment, once. The README's table lists what an operator may set."""

from __future__ import annotations

import warnings
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from config import env
from runs.core.rules import TaskType

BASE_DIR = env.BASE_DIR
DATA_DIR = env.data_dir()
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret_key()

# --- Where it is reached -------------------------------------------------------------------------
PORT = env.whole("PORT", 8000)
SIM_PORT = env.whole("SIM_PORT", 8100)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        # Sockets by name as well: not every browser takes them for 'self'.
        "connect-src": [SELF, "ws" + PUBLIC_URL.removeprefix("http")],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Django --------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "runs",  # before django_q: its `qcluster` is the hardened one
    "routing",
    "budgets",
    "telemetry",
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "config.office.OfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "channels",
    "csp",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["runs.views.tags"],
        },
    },
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A body's size; one that brings files may be larger.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILES_MAX_BYTES = 16_000_000

# --- Who it is -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "budgets.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Single sign-on: of allauth only the conversation with the provider and the table of identities;
# none of its pages has an address.
OIDC = env.sign_on()
SOCIALACCOUNT_ADAPTER = "runs.services.oidc.Apps"
SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_EMAIL_VERIFICATION = ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC.name,
                "client_id": OIDC.client_id,
                "secret": OIDC.client_secret,
                "settings": {"server_url": OIDC.issuer},
            }
        ],
    }
}

# --- Storage -------------------------------------------------------------------------------------
SQLITE_OPTIONS: dict[str, Any] = {
    # A transaction that will write takes the lock at once: upgrading later fails without waiting.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL, since a reservation must outlive a power cut; one commit serves a whole batch of calls.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768;",
}
DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS

# --- Mail: alerts of budgets ----------------------------------------------------------------------
MAIL = env.mail("EMAIL_URL")
EMAIL_BACKEND = MAIL.backend
EMAIL_HOST = MAIL.host
EMAIL_PORT = MAIL.port
EMAIL_HOST_USER = MAIL.user
EMAIL_HOST_PASSWORD = MAIL.password
EMAIL_USE_SSL = MAIL.ssl
EMAIL_USE_TLS = MAIL.tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "orchestrator@localhost")

# --- The queue: a bell; the Run table is the truth ------------------------------------------------
# django-q2 wants a timeout for every job; ours bound themselves, far below `retry`.
warnings.filterwarnings("ignore", message="Retry and timeout are misconfigured")
Q_CLUSTER = {
    "name": "orchestrator",
    "orm": "default",
    "workers": env.whole("WORKERS", 1, at_least=1),
    "timeout": None,
    "retry": 180,
    "max_attempts": 5,
    "ack_failures": True,
    "queue_limit": 1,
    "save_limit": -1,
    "poll": 0.2,
    "recycle": 10_000,
    "catch_up": False,
    "scheduler": False,
}

# --- REST ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "budgets.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.json_body.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.negotiation.JSONWhateverIsAsked",
    "DEFAULT_THROTTLE_CLASSES": ["config.throttles.CallerThrottle"],
    "DEFAULT_THROTTLE_RATES": {"caller": env.text("API_RATE", "1200/min")},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.exceptions.problem_response",
    "UNAUTHENTICATED_USER": None,
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Multi-LLM Orchestrator",
    "DESCRIPTION": "Turns a project description into finished, checked work by coordinating many "
    "LLM providers. Money is a decimal text in US dollars; errors are RFC 9457 problems.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "runs.core.status.RunStatus",
        "TaskStatus": "runs.core.status.TaskStatus",
        "TaskType": [(kind.value, kind.value) for kind in TaskType],
        "DecisionOutcome": [(word, word) for word in ("allow", "deny", "warn")],
        "Admission": [(word, word) for word in ("allow", "deny")],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# --- The admin site -------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Orchestrator office",
    "SITE_HEADER": "Orchestrator",
    "SITE_SUBHEADER": "The office, times in UTC",
    "SITE_ICON": f"/{STATIC_URL}favicon.svg",
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {"navigation": "config.office.sidebar"},
}

# --- The engine ----------------------------------------------------------------------------------
RUNS_IN_FLIGHT = env.whole("RUNS_IN_FLIGHT", 64, at_least=1)
LEASE_SECONDS = env.whole("LEASE_SECONDS", 15, at_least=2)
# How long a call waits in all for models that are cooling down.
PATIENCE_SECONDS = env.whole("PATIENCE_SECONDS", 60)
# Hosts that webhooks may reach although they are private; the operator vouches for them.
WEBHOOK_PRIVATE_HOSTS = env.words("WEBHOOK_PRIVATE_HOSTS")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {"httpx": {"level": "WARNING"}},  # a line per request, amid `submit`'s table
}
