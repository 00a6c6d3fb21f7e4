"""Pub/Sub: a Cloud Billing budget message."""

import functions_framework
from cloudevents.http import CloudEvent

from freio.bootstrap import Freio

FREIO = Freio()


@functions_framework.cloud_event
@FREIO.pushed
def budget_alert(event: CloudEvent) -> None:
    """Take one budget message; what raises is delivered again, and in the end becomes a dead letter."""
    with FREIO.rejecting(event):
        message = FREIO.read_budget(event)
        FREIO.budget_desk.take(message)
