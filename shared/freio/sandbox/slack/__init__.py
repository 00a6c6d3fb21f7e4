"""A Slack workspace in a web page: what the demo and the tests talk to in the place of slack.com.

In the order the data flows:

    people  directory  ids                                       who is there, and how things are named
    limits  objects  elements  rich_text  blocks  views  drafts  what Slack refuses to draw
    changes  board  modals  tickets  files  faults               what the workspace remembers, and what shall fail
    call  shapes  chat  conversations  modal_methods  lookup  uploads  api   the Web API
    wire  acks  inputs  payloads  responses  interactions        what people do, and what the app answers
    workspace  snapshot  api_routes  page_routes  server         the whole, its page and its address
"""

from freio.sandbox.slack.acks import Ack
from freio.sandbox.slack.people import Channel, Group, Person
from freio.sandbox.slack.server import ServerHandle, serve
from freio.sandbox.slack.workspace import SlackWorkspace

__all__ = ["Ack", "Channel", "Group", "Person", "ServerHandle", "SlackWorkspace", "serve"]
