"""Pub/Sub: a tick of Cloud Scheduler (every five minutes), or another function's call to look at once."""

import functions_framework
from cloudevents.http import CloudEvent

from freio.bootstrap import Freio

FREIO = Freio()


@functions_framework.cloud_event
@FREIO.pushed
def spend_watch(_event: CloudEvent) -> None:
    """Look at every app; an app that could not be looked at fails the tick, and is looked at again."""
    FREIO.watcher.watch().raise_failures()
