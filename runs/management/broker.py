"""The job queue as the worker's pool reads it: patient with a database that is away."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, connections
from django_q.brokers.orm import ORM
from django_q.conf import Conf

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.5


class PatientBroker(ORM):  # type: ignore[misc]  # django-q2 has no types
    """Finds nothing to do while the database does not answer.

    At an error q2's pusher pauses for ten seconds and ends: after a restart of the database, which
    takes one or two, no new run would be begun for that long.
    """

    def dequeue(self) -> Any:
        try:
            return super().dequeue()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The queue cannot be read (%s); trying again.", type(error).__name__)
            connections[Conf.ORM].close()
            time.sleep(RETRY_SECONDS)
            return None
