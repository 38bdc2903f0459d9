"""A browser, and the site on the test database: rows a test writes are what its pages show."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from budgets.models import User
from tests.browser.chromium import FLAGS, executable
from tests.browser.site import served

# Playwright's own loop runs in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A busy machine is slow, and no reason to fail.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    environment = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{Path(connection.settings_dict['NAME']).resolve()}",
        "SECRET_KEY": settings.SECRET_KEY,
        # Nobody is there: it is the button that is looked at.
        "OIDC_ISSUER": "http://127.0.0.1:9",
        "OIDC_CLIENT_ID": "orchestrator",
        "OIDC_CLIENT_SECRET": "a-secret-of-tests",
        "OIDC_NAME": "Acme ID",
    }
    with served(environment) as url:
        yield url


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def errors(page: Page) -> list[str]:
    """Everything the browser complains of; a refused script or style stands here too."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if line.type == "error" else None)
    return found


def log_in(page: Page, address: str, name: str = "ada") -> None:
    """Enter by a session made aside: what the form does is tested once, and costs a hash."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": address}]
    )
    page.goto(f"{address}/runs/")
