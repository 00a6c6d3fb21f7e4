"""Slack, in the order the data flows.

mrkdwn  parts  values                   how things are written, and what Slack lets a message hold
evidence  brake  buttons  card  asks    an incident or a request, as a message
modals  interactions  commands  wire    what people do, as a click
errors  web  messages  directory  chat  the Web API, behind the ports `Chat` and `Directory`
"""
