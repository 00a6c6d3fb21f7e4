"""A function that publishes as Pub/Sub's tutorial does: the batching client with its defaults, waiting for the id."""

import os
from functools import cache

import functions_framework
from flask import Request
from google.cloud.pubsub_v1 import PublisherClient


@cache
def publisher() -> PublisherClient:
    """Made at the first click: gRPC does not outlive the fork between an import and the server's worker."""
    return PublisherClient()


@functions_framework.http
def batching(request: Request) -> str:
    """Publish the body as it came, then acknowledge; it verifies and reads nothing."""
    publisher().publish(os.environ["BENCH_TOPIC"], request.get_data()).result(timeout=30)
    return ""
