"""Finding a browser, or saying plainly how to get one."""

from __future__ import annotations

import pytest

from tests.browser import chromium


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """A machine on which nothing but these programs is installed, and nobody is root."""
    programs: set[str] = set()
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(
        "tests.browser.chromium.shutil.which",
        lambda name: f"/usr/bin/{name}" if name in programs else None,
    )
    monkeypatch.setattr("tests.browser.chromium.os.geteuid", lambda: 1000)
    return programs


def test_no_browser_is_a_sentence_that_says_how_to_install_one(machine: set[str]):
    with pytest.raises(chromium.NoChromium, match="apt-get install -y chromium"):
        chromium.executable()


def test_any_of_the_usual_names_is_found(machine: set[str]):
    machine.add("google-chrome")
    assert chromium.executable() == "/usr/bin/google-chrome"


def test_root_has_it_installed(machine: set[str], monkeypatch: pytest.MonkeyPatch):
    machine.add("apt-get")
    monkeypatch.setattr("tests.browser.chromium.os.geteuid", lambda: 0)
    monkeypatch.setattr("tests.browser.chromium._install", lambda: machine.add("chromium"))
    assert chromium.executable() == "/usr/bin/chromium"
