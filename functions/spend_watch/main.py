"""Pub/Sub: a tick of Cloud Scheduler (every five minutes), another function's call to look at once, or a fire drill."""

import functions_framework
from cloudevents.http import CloudEvent

from freio.bootstrap import Freio

FREIO = Freio()


@functions_framework.cloud_event
@FREIO.pushed
def spend_watch(event: CloudEvent) -> None:
    """Look at every app, or begin a drill; what could not be looked at fails the tick, and is looked at again."""
    with FREIO.rejecting(event):
        drill = FREIO.read_drill(event)
        watched = FREIO.watcher.watch() if drill is None else FREIO.watcher.drill(*drill)
        if drill is None:
            FREIO.ticked("watch")
        watched.raise_failures()
