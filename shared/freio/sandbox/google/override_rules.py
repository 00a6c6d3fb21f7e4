"""What Google refuses about an override, with the reasons that were observed.

The reasons and the 409's details were seen in public reports. The HTTP status of the three others was not: this
sandbox answers 400 FAILED_PRECONDITION, and a caller should look at the reason alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from freio.sandbox.google.catalogue import LOCATION_DIMENSIONS, NEVER_A_KEY, UNLIMITED
from freio.sandbox.google.errors import TYPE_URL, ApiError, error_info, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from freio.sandbox.google.catalogue import Limit

DOMAIN = "serviceusage.googleapis.com"
BELOW_USAGE = "LIMIT_DECREASE_BELOW_USAGE"
TOO_MUCH_AT_ONCE = "LIMIT_DECREASE_PERCENTAGE_TOO_HIGH"
ALREADY_EXISTS_CODE = 101047  # as observed; the numbers of the other reasons are unknown and left out


@dataclass(frozen=True, kw_only=True)
class Forcing:
    """Which safety checks the caller waives: all by `force`, the named ones by `forceOnly`, never both fields."""

    force: bool
    force_only: tuple[str, ...]

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Forcing:
        forcing = cls(force=fields.get("force", False), force_only=tuple(fields.get("forceOnly", ())))
        if forcing.force and forcing.force_only:
            raise invalid(("forceOnly", "force and forceOnly cannot both be set"))
        return forcing

    def waives(self, check: str) -> bool:
        return self.force or check in self.force_only


def check_value(value: int, path: str) -> None:
    if value < UNLIMITED:
        raise invalid((f"{path}overrideValue", f"must be -1 (unlimited) or more, is {value}"))


def check_dimensions(limit: Limit, dimensions: Mapping[str, str], path: str) -> None:
    """The rules in the description of QuotaOverride.dimensions."""
    wrong = list(_wrong_dimensions(limit, dimensions, f"{path}dimensions"))
    if wrong:
        raise invalid(*wrong)


def _wrong_dimensions(limit: Limit, dimensions: Mapping[str, str], path: str) -> Iterator[tuple[str, str]]:
    for key, value in dimensions.items():
        if key in NEVER_A_KEY:
            yield f"{path}.{key}", "is never a valid key"
        elif key not in limit.dimensions:
            yield f"{path}.{key}", f"is not defined in the unit {limit.unit}"
        elif key == "region" and value not in limit.locations:
            yield f"{path}.{key}", f"{value!r} is not a location of this limit"
    wanted = set(limit.dimensions) - LOCATION_DIMENSIONS
    given = set(dimensions) & wanted
    if given and given != wanted:
        yield path, f"must name all of {sorted(wanted)} or none, names {sorted(given)}"


def check_adjustable(limit: Limit, value: int) -> None:
    """Refuses a fixed limit, and a value over what consumers may set by themselves."""
    if limit.fixed:
        raise _refused(
            "COMMON_QUOTA_CONSUMER_OVERRIDE_FOR_FIXED_LIMIT",
            f"Cannot override the fixed limit {limit.unit} of {limit.metric}.",
            metric=limit.metric,
            unit=limit.unit,
        )
    if limit.maximum is not None and (value == UNLIMITED or value > limit.maximum):
        raise _refused(
            "COMMON_QUOTA_CONSUMER_OVERRIDE_TOO_HIGH",
            f"The override value {value} is above the maximum of {limit.maximum} for {limit.metric}.",
            metric=limit.metric,
            max_override_value=str(limit.maximum),
        )


def check_safety(*, before: int, after: int, used: int, forcing: Forcing, limit: Limit) -> None:
    """Refuses, unless waived, a fall of the effective limit by more than 10 % or below what is used now.

    Unlimited counts as above everything: -1 to any number is a fall of more than 10 %.
    """
    failed = [check for check in _failing(before, after, used) if not forcing.waives(check)]
    if failed:
        violations = [
            {"type": check, "subject": limit.metric, "description": f"{before} to {after}"} for check in failed
        ]
        raise _refused(
            "COMMON_QUOTA_UNSAFE_OVERRIDE",
            f"Changing the limit of {limit.metric} from {before} to {after} while {used} is used fails "
            f"{', '.join(failed)}; set force to go on.",
            violations=violations,
            failed_checks=",".join(failed),
        )


def _failing(before: int, after: int, used: int) -> Iterator[str]:
    if after == UNLIMITED:
        return
    if before == UNLIMITED or after * 10 < before * 9:
        yield TOO_MUCH_AT_ONCE
    if after < used and (before == UNLIMITED or after < before):
        yield BELOW_USAGE


def already_exists(name: str) -> ApiError:
    """The observed 409: its ErrorInfo and its PreconditionFailure both name the override that stands there."""
    message = (
        "Cannot create consumer override. The override specified in the request already exists. "
        f"Please call UpdateConsumerOverride instead with resource name '{name}'."
    )
    subject = f"?error_code={ALREADY_EXISTS_CODE}&resource_name={quote(name, safe='')}"
    failure = {"@type": TYPE_URL + "PreconditionFailure", "violations": [{"type": DOMAIN, "subject": subject}]}
    info = error_info("COMMON_QUOTA_CONSUMER_OVERRIDE_ALREADY_EXISTS", DOMAIN, resource_name=name)
    return ApiError(409, "ALREADY_EXISTS", message, details=[failure, info])


def limit_not_found(service: str, metric: str, limit_id: str) -> ApiError:
    """Reported both as 400 and as 404; the newer reports, followed here, say 404."""
    message = f"No quota limit with limitId '{limit_id}' for metric '{metric}' found in service '{service}'."
    info = error_info("COMMON_QUOTA_LIMIT_NOT_FOUND", DOMAIN, service=service, metric=metric, limit_id=limit_id)
    return ApiError(404, "NOT_FOUND", message, details=[info])


def _refused(reason: str, message: str, *, violations: list[dict[str, str]] | None = None, **metadata: str) -> ApiError:
    details = [error_info(reason, DOMAIN, **metadata)]
    if violations:
        details.insert(0, {"@type": TYPE_URL + "PreconditionFailure", "violations": violations})
    return ApiError(400, "FAILED_PRECONDITION", message, details=details)
