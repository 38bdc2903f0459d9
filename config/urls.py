"""Every address of the house."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation

from config import error_pages, health, problem_pages

# JSON unless YAML is asked for: every reader of the one reads the other, not the reverse.
SCHEMA = SpectacularAPIView.as_view(
    renderer_classes=[
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer2,
        OpenApiYamlRenderer,
    ],
    content_negotiation_class=DefaultContentNegotiation,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("problems/<slug:slug>", problem_pages.problem, name="problem"),
    path("api/schema/", SCHEMA, name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("", include("runs.urls")),
    # Last: whatever is left under /api/ is answered as JSON, and never redirected.
    re_path(r"^api/", error_pages.unknown_api_address),
]

handler400 = error_pages.bad_request
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler500 = error_pages.server_error
