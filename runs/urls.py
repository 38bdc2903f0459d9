"""Addresses of runs: pages for people first, then the REST API."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, path

from runs import views

page_patterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("runs/", views.runs, name="runs"),
    path("runs/new/", views.run_new, name="run-new"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/cancel/", views.run_cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/resume/", views.run_resume, name="run-resume"),
]

api_patterns: list[URLPattern | URLResolver] = []

urlpatterns = page_patterns + api_patterns
