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

from runs.websocket_urls import websocket_urlpatterns  # noqa: E402 - needs the apps to be loaded

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
