"""Deterministic checks of what a model wrote; the engine asks for them by name."""

from __future__ import annotations

from .fences import strip_fences
from .registry import KNOWN, UnknownValidator, validate
from .result import Status, ValidatorResult

__all__ = ["KNOWN", "Status", "UnknownValidator", "ValidatorResult", "strip_fences", "validate"]
