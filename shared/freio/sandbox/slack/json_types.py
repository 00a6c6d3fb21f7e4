"""The one loose type of this package: Slack's JSON, checked where it comes in (`blocks`, `views`, `call`)."""

from typing import Any

Json = dict[str, Any]
