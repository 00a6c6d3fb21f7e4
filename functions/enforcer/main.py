"""Pub/Sub: what people did in Slack, and the sweep's tick every minute."""

import functions_framework
from cloudevents.http import CloudEvent

from freio.bootstrap import Freio

FREIO = Freio()


@functions_framework.cloud_event
@FREIO.pushed
def enforcer(event: CloudEvent) -> None:
    """Take a click, or do everything that is due."""
    with FREIO.rejecting(event):
        click = FREIO.read_click(event)
        if click is None:
            swept = FREIO.sweeper.sweep()
            FREIO.copy_journal()
            FREIO.ticked("sweep")
            swept.raise_failures()
        else:
            FREIO.sweeper.click(click)
