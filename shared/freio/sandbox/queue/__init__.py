"""A queue that pushes over loopback, at least once and in no order: what the demo has in the place of Pub/Sub.

In the order the data flows:

    publishing   the REST call that publishes, read and checked
    server       its address
    broker       the whole: topics, subscriptions, counts
    subscription what one URL is still owed: threads that push, retry and give up
    pusher       one push over a connection that stays open
    tally        how many of what, and whether all is done
"""

from freio.sandbox.queue.broker import LoopbackBroker
from freio.sandbox.queue.subscription import DeadLetter, Delivery
from freio.sandbox.queue.tally import Counts

__all__ = ["Counts", "DeadLetter", "Delivery", "LoopbackBroker"]
