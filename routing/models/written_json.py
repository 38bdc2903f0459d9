"""A JSON column for what was written as text already: writing it twice costs as much again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    JSONField = models.JSONField[Any, Any]
else:
    JSONField = models.JSONField


class Written(dict[str, Any]):
    """Plain data together with its JSON text; to be read, never changed."""

    def __init__(self, value: dict[str, Any], text: str) -> None:
        super().__init__(value)
        self.text = text


class WrittenJSONField(JSONField):
    """Stores the text of what is `Written`, and other data as ever."""

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if not isinstance(value, Written):
            return super().get_db_prep_value(value, connection, prepared)
        if connection.vendor != "postgresql":
            return value.text
        from django.db.backends.postgresql.psycopg_any import Jsonb

        return Jsonb(value, dumps=_text_of)

    def deconstruct(self) -> Any:
        """Return an ordinary JSON column: for migrations it is one."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


def _text_of(value: Written) -> str:
    return value.text
