"""Google's error reply, as an exception that knows its own JSON.

Every API of Google answers an error as `{"error": {"code", "message", "status", "details": [...]}}`; the shape of
`details` follows google.rpc (`ErrorInfo`, `PreconditionFailure`, `BadRequest`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPE_URL = "type.googleapis.com/google.rpc."

# google.rpc.Code, by name: the code inside an operation's `error`.
RPC_CODES = {
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}

# The status that Google writes beside each HTTP code.
STATUS_OF_HTTP = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class ApiError(Exception):
    """One error reply: HTTP `code`, google.rpc `status`, a message, and details as Google's JSON."""

    def __init__(
        self,
        code: int,
        status: str,
        message: str,
        *,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = [dict(one) for one in details]
        self.headers = dict(headers or {})

    def reply(self) -> dict[str, Any]:
        """The body of the HTTP reply."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def rpc_status(self) -> dict[str, Any]:
        """The same error as google.rpc.Status, the way a failed operation carries it."""
        status: dict[str, Any] = {"code": RPC_CODES[self.status], "message": self.message}
        if self.details:
            status["details"] = self.details
        return status


def error_info(reason: str, domain: str, **metadata: str) -> dict[str, Any]:
    """A google.rpc.ErrorInfo."""
    return {"@type": TYPE_URL + "ErrorInfo", "reason": reason, "domain": domain, "metadata": metadata}


def invalid(*violations: tuple[str, str]) -> ApiError:
    """INVALID_ARGUMENT naming each field's path and what is wrong with it."""
    said = "; ".join(f"{field}: {description}" for field, description in violations)
    bad_request = {
        "@type": TYPE_URL + "BadRequest",
        "fieldViolations": [{"field": field, "description": description} for field, description in violations],
    }
    return ApiError(400, "INVALID_ARGUMENT", f"Invalid request: {said}", details=[bad_request])


def not_found(message: str) -> ApiError:
    return ApiError(404, "NOT_FOUND", message)


def unimplemented(what: str) -> ApiError:
    """A thing Google has and this sandbox has not: said so, never answered with a guess."""
    return ApiError(501, "UNIMPLEMENTED", f"THE SANDBOX DOES NOT SIMULATE {what}")
