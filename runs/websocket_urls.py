"""Addresses of sockets."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from runs.consumers import NoSuchSocket, OrgSocket, RunSocket

websocket_urlpatterns: list[URLPattern] = [
    path("ws/live/", OrgSocket.as_asgi()),
    path("ws/runs/<uuid:run_id>/", RunSocket.as_asgi()),
    re_path("", NoSuchSocket.as_asgi()),
]
