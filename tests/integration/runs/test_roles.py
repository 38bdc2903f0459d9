"""The table of roles in the docs is what holds, at every address, for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from budgets.core.access import ROLE_ACTIONS, Action, Role
from tests.integration.runs.every_address import WHO, addresses, answers, make_house

ROLES = Path(__file__).parents[3] / "docs" / "roles.md"
WORDS = {"yes", "no", "hidden", "log in"}


def tables() -> list[dict[tuple[str, ...], list[str]]]:
    """Return the tables of the page: what stands in backticks or left -> its cells."""
    found: list[dict[tuple[str, ...], list[str]]] = []
    within = False
    for line in ROLES.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|---"):
            found.append({})
        elif line.startswith("|") and within:
            names = tuple(cell.strip("`") for cell in cells if cell not in WORDS)
            found[-1][names] = cells[len(names) :]
        within = line.startswith("|")
    return found


ACTIONS, PLACES = tables()


def test_every_address_stands_in_the_table_and_no_other() -> None:
    assert set(addresses()) == {route for route, _ in PLACES}


def test_the_table_of_actions_is_what_is_enforced() -> None:
    held = {
        (action.value,): ["yes" if action in ROLE_ACTIONS[role] else "no" for role in Role]
        for action in Action
    }
    assert held == ACTIONS


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_every_address_answers_everybody_as_the_table_says(who: str) -> None:
    place = WHO.index(who)
    said = {(route, method): cells[place] for (route, method), cells in PLACES.items()}
    held = answers(make_house(), who, list(said))
    assert held == said
