"""A function that does nothing: what the framework, its server and the machine cost by themselves."""

import functions_framework
from flask import Request


@functions_framework.http
def bare(_: Request) -> str:
    """Acknowledge at once."""
    return ""
