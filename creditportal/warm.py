"""What the first visitor would otherwise wait for: the routes and the champion's bundle."""

import logging

from django.db import Error, connection
from django.urls import get_resolver

from common.errors import PortalError
from scoring import registry
from scoring.enums import ModelState
from scoring.models import ModelVersion

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """A server without database or model starts all the same; its pages say what is missing."""
    get_resolver()._populate()  # imports every view
    try:
        for version in ModelVersion.objects.filter(state=ModelState.CHAMPION):
            registry.load(version)
    except (PortalError, Error) as error:
        logger.warning("not_warmed", extra={"error": type(error).__name__})
    finally:
        connection.close()
