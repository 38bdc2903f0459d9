"""The web process: HTTP by Django, sockets by Channels."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from twisted.web.http import HTTPChannel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Left to itself, Twisted hangs up without a word on an address longer than 16 kB.
HTTPChannel.MAX_LENGTH = HTTPChannel.totalHeadersSize = 128 * 1024

http = get_asgi_application()

from django.conf import settings  # noqa: E402 - needs the apps to be loaded

from config.body_limit import limit_bodies, refusal  # noqa: E402
from config.problems import respond  # noqa: E402
from runs.websocket_urls import websocket_urlpatterns  # noqa: E402

_limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
_too_large = respond("too-large", f"A request's body is at most {_limit} bytes.")
limit_bodies(
    _limit,
    settings.FILES_MAX_BYTES,
    refusal(
        _too_large.status_code,
        "Content Too Large",
        _too_large.headers["Content-Type"],
        _too_large.content,
    ),
)

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
