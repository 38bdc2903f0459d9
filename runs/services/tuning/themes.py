"""Finds which failures say alike things. Deterministic: the same texts make the same themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from runs.core.tuning.patterns import SMALLEST, TERMS, Failure, Theme

SEED: Final = 20_261_126
MOST_THEMES: Final = 8
# So many texts decide how many themes there are; all of them are then put into one.
SAMPLE: Final = 600
FEATURES: Final = 2_000
# What a task asks for says less of why it failed than what was said of the failure.
PROMPT_WEIGHT: Final = 0.4
# Below this, themes lie no farther apart than texts within one do: there is one theme.
SEPARATE: Final = 0.08


def themes_of(failures: Sequence[Failure]) -> list[Theme]:
    """Return the themes among failures of one group, each with its telling words."""
    # Loading scikit-learn takes a second and 80 MB, which only this job should pay.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    if len(failures) < SMALLEST:
        return []
    words = _vectorizer(TfidfVectorizer)
    try:
        said = words.fit_transform([one.said or one.prompt for one in failures])
    except ValueError:  # nothing but numbers and signs
        return []
    told = normalize(_joined(said, failures, _vectorizer(TfidfVectorizer)))
    labels = _labels(told)
    return _named(said, labels, words.get_feature_names_out())


def _vectorizer(kind: Any) -> Any:
    return kind(
        max_features=FEATURES,
        stop_words="english",
        sublinear_tf=True,
        token_pattern=r"(?u)\b[^\W\d]\w{2,29}\b",  # noqa: S106  (of words, not of a log-in)
    )


def _joined(said: Any, failures: Sequence[Failure], words: Any) -> Any:
    """Return what was said beside what was asked for, the latter with less weight."""
    from scipy.sparse import hstack

    try:
        asked = words.fit_transform([one.prompt for one in failures])
    except ValueError:
        return said
    return hstack([said, PROMPT_WEIGHT * asked]).tocsr()


def _labels(told: Any) -> Any:
    """Return each text's theme: as many themes as lie clearly apart."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    count = told.shape[0]
    draws = np.random.RandomState(SEED)
    sample = told[np.sort(draws.permutation(count)[:SAMPLE])]
    best, fitted = SEPARATE, None
    for clusters in range(2, min(MOST_THEMES, sample.shape[0] // SMALLEST) + 1):
        model = KMeans(clusters, n_init=4, random_state=SEED).fit(sample)
        if len(set(model.labels_)) < clusters:
            break  # no more texts than that differ
        score = silhouette_score(sample, model.labels_)
        if score > best:
            best, fitted = score, model
    return np.zeros(count, dtype=int) if fitted is None else fitted.predict(told)


def _named(said: Any, labels: Any, names: Any) -> list[Theme]:
    """Return the themes with the words that are heavier there than anywhere else."""
    import numpy as np

    whole = np.asarray(said.mean(axis=0)).ravel()
    themes = []
    for label in sorted(set(labels.tolist())):
        members = np.flatnonzero(labels == label)
        own = np.asarray(said[members].mean(axis=0)).ravel()
        weight = own if len(members) == said.shape[0] else own - whole * len(members) / len(labels)
        order = np.argsort(-weight, kind="stable")[:TERMS]
        terms = tuple(str(names[place]) for place in order if weight[place] > 0)
        themes.append(Theme(terms, tuple(int(place) for place in members)))
    return themes
