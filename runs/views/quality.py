"""The page that compares models by type of task: as a heatmap, as a table, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from runs.core.heat import FEW, Metric
from runs.selectors.usage import quality_matrix
from runs.views.asking import caller_of, page, wants_part
from runs.views.filter_bar import FilterBar
from runs.views.filter_parts import Preset
from runs.views.quality_heat import METRICS, PHASES, pairs_of, quality_heat
from runs.views.quality_table import COLUMNS, file_row, table_lines
from runs.views.refusing import no_file

FIELDS = ("team", "task_type", "model", "provider")
OWN = ("metric", "view")
OFFERS: Mapping[str, Collection[str]] = {"metric": [*Metric], "view": ("table",)}


@require_safe
@page
def quality(request: HttpRequest) -> HttpResponse:
    """Show how good each model is at each type of task."""
    bar = FilterBar(request, caller_of(request), FIELDS, own=OWN, offers=OFFERS)
    own = dict(bar.own)
    metric = Metric(own.get("metric", Metric.QUALITY))
    found = quality_matrix(bar.ask(PHASES))
    as_table = "view" in own
    context: dict[str, Any] = {
        "bar": bar,
        "about": METRICS[metric][1],
        "part_url": bar.url(),
        "heat": None if as_table else quality_heat(bar, metric, found),
        "lines": table_lines(bar, metric, found) if as_table else [],
        "left_out": found.left_out,
        "few": FEW,
    }
    if wants_part(request):
        return render(request, "quality/parts/body.html", context)
    context["metrics"] = [
        Preset(label, bar.url(metric="" if name is Metric.QUALITY else name), name is metric)
        for name, (label, _) in METRICS.items()
    ]
    context["shapes"] = [
        Preset("Heatmap", bar.url(view=""), not as_table),
        Preset("Table", bar.url(view="table"), as_table),
    ]
    context["csv_url"] = bar.url(path=reverse("quality-csv"))
    return render(request, "quality/page.html", context)


@require_safe
@page
def quality_csv(request: HttpRequest) -> HttpResponse:
    """Write the whole table as CSV, one row a pair; how many stands in a header."""
    bar = FilterBar(request, caller_of(request), FIELDS)
    if bar.filters.notes:
        return no_file(bar.filters.notes)
    pairs = pairs_of(bar, quality_matrix(bar.ask(PHASES)))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="quality.csv"'
    answer["X-Total-Rows"] = str(len(pairs))
    writer = csv.writer(answer)
    writer.writerow(COLUMNS)
    writer.writerows(file_row(pair) for pair in pairs)
    return answer
