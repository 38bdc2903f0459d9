"""What evidence of a model's earlier versions is worth to its present one.

Invariant: sums stay sums: a level without the one below it is worth the same whether versions are
put together before or after it is taken apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from routing.core.posterior import Key
from routing.core.quality import Profile, faded, merge

# A model that now answers to another name on the wire is likely much like the one before, and
# may be anything: what was seen of that one weighs a tenth, which is a hundred more days of age.
EARLIER_SHARE = 0.1

VersionKey = tuple[str, str, str]  # model, task type, version


def present(
    profiles: Mapping[VersionKey, Profile], versions: Mapping[str, str]
) -> dict[Key, Profile]:
    """Return profiles by model and task type, as evidence of the models' present versions.

    `versions` holds them by model. Evidence counts whole where either version is unknown. The
    last scores of earlier versions are left out: nobody need look whether a change shows in them.
    """
    found: dict[Key, Profile] = {}
    for (model, task_type, version), profile in profiles.items():
        one = _earlier(profile) if is_earlier(version, versions.get(model, "")) else profile
        key = model, task_type
        found[key] = merge(found[key], one) if key in found else one
    return found


def is_earlier(version: str, now: str) -> bool:
    """Tell whether evidence is of another version than the present one; empty: unknown."""
    return bool(version and now) and version != now


def _earlier(profile: Profile) -> Profile:
    n = math.ceil(profile.n * EARLIER_SHARE)
    return replace(faded(profile, EARLIER_SHARE), n=n, recent=())
