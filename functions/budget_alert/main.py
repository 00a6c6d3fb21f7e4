"""Pub/Sub: a Cloud Billing budget message, or one of Google's own cost anomalies."""

import functions_framework
from cloudevents.http import CloudEvent

from freio.bootstrap import Freio
from freio.domain.budget import BudgetMessage

FREIO = Freio()


@functions_framework.cloud_event
@FREIO.pushed
def budget_alert(event: CloudEvent) -> None:
    """Take one message; what raises is delivered again, and in the end becomes a dead letter."""
    with FREIO.rejecting(event):
        message = FREIO.read_billing(event)
        if isinstance(message, BudgetMessage):
            FREIO.budget_desk.take(message)
        else:
            FREIO.anomaly_desk.take(message)
