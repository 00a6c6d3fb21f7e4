"""The words behind our codes: states, actions, kinds of signal. A code that stands here is said in its word."""

from __future__ import annotations

from collections.abc import Mapping

from freio.domain.app import Level, Mode
from freio.domain.ask import Answer
from freio.domain.drill import Moment
from freio.domain.incident import Action, State, Verdict
from freio.domain.sentences import N_
from freio.domain.signal import SignalKind
from freio.domain.spend_cap import CapState

POLICY = "policy"  # who decided, where nobody did: see `freio.domain.incident.Decision`
NO_LIMIT = N_("no limit")
NO_OVERRIDE = N_("no override")

WORDS: Mapping[str, str] = {
    State.OPEN: N_("open"),
    State.PROPOSED: N_("waiting for a decision"),
    State.BRAKING: N_("braking"),
    State.THROTTLED: N_("throttled"),
    State.OVERRIDDEN: N_("kept running"),
    State.SNOOZED: N_("snoozed"),
    State.EXPECTED: N_("marked as expected"),
    State.RESTORING: N_("letting go of the brake"),
    State.STUCK: N_("stuck"),
    State.RESOLVED: N_("resolved"),
    Action.THROTTLE: N_("throttle"),
    Action.KEEP: N_("keep running"),
    Action.EXPECTED: N_("expected"),
    Action.SNOOZE: N_("snooze"),
    Action.RAISE: N_("raise the limit"),
    Action.RELEASE: N_("release the brake"),
    Answer.PENDING: N_("waiting for an answer"),
    Answer.APPROVED: N_("approved"),
    Answer.DENIED: N_("denied"),
    Verdict.BINDS: N_("the brake binds"),
    Verdict.REFUTED: N_("the brake does not bind"),
    Verdict.INCONCLUSIVE: N_("too little traffic to tell"),
    Level.WARNING: N_("warning"),
    Level.CRITICAL: N_("critical"),
    Mode.OBSERVE: N_("only watches"),
    Mode.APPROVE: N_("asks first"),
    Mode.ENFORCE: N_("brakes by itself when nobody answers"),
    SignalKind.BUDGET_THRESHOLD: N_("budget threshold"),
    SignalKind.BUDGET_FORECAST: N_("budget forecast"),
    SignalKind.SPIKE: N_("spike"),
    SignalKind.RETRY_STORM: N_("retry storm"),
    SignalKind.STUCK_LOOP: N_("loop that does not end"),
    SignalKind.GROWTH: N_("growth"),
    SignalKind.LEVEL_SHIFT: N_("level shift"),
    SignalKind.LEAK: N_("traffic that does not look like this app's"),
    SignalKind.MIX_CHANGE: N_("dearer models for the same tokens"),
    SignalKind.PRICE_CHANGE: N_("dearer tokens"),
    SignalKind.SILENCE: N_("silence"),
    SignalKind.NATIVE_ANOMALY: N_("anomaly that Google found"),
    SignalKind.SPEND_CAP: N_("spend cap that is used up"),
    SignalKind.UNPRICED: N_("spend without a known price"),
    SignalKind.UNATTRIBUTED: N_("spend that belongs to no app"),
    SignalKind.DRILL: N_("fire drill"),
    Moment.DETECTED: N_("signal taken"),
    Moment.TOLD: N_("told in Slack"),
    Moment.ANSWERED: N_("answered"),
    Moment.CLAIMED: N_("lease claimed, lever called"),
    Moment.SET: N_("brake set and read back"),
    Moment.PROVED: N_("proof judged"),
    Moment.RESTORED: N_("what stood there before read back"),
    Moment.RESOLVED: N_("let go and resolved"),
    CapState.CONFIGURED: N_("armed"),
    CapState.ENFORCED: N_("used up, so that Google has paused it"),
    CapState.AWAITING_NEXT_PERIOD: N_("lifted until the month ends"),
    CapState.UNKNOWN: N_("in a state that Freio does not know"),
    # what the detector looks at: see `freio.adapters.detector.evidence`
    "the hour": N_("the last hour"),
    "the hour over the usual": N_("the last hour over its usual"),
    "three hours": N_("the last three hours"),
    "the hour over the three before": N_("the last hour over each of the three before it"),
    "each of three hours": N_("each of the last three hours"),
    "each of three hours over the usual": N_("each of the last three hours over its usual"),
    "each of three hours over the day before": N_("each of the last three hours over the whole day before"),
    "each of six hours": N_("each of the last six hours"),
    "each of twelve hours over the usual": N_("each of the last twelve hours over its usual"),
    "most of twelve hours over the usual": N_("most of the last twelve hours over their usual"),
    "nearly each hour of a day": N_("nearly each hour of the last day"),
    "most hours of a day": N_("most hours of the last day"),
    "a day over the usual": N_("the last day over its usual"),
    "an hour out of rhythm": N_("the last hour against the app's daily rhythm"),
    "three hours out of rhythm": N_("the last three hours against the app's daily rhythm"),
    "a day out of rhythm": N_("nearly each hour of the last day over the same hour of the day before"),
    "the pace of tokens": N_("the pace of tokens"),
    "the pace of requests": N_("the pace of requests"),
    POLICY: N_("the policy"),
    "ops": N_("ops"),  # who may decide: see `freio.domain.authority.Rights`
    "owner": N_("an owner"),
    "cost owner": N_("the cost owner"),
    "quota": N_("quota override"),
    "gateway": N_("gateway limit"),
    "allowed_models": N_("allowed models"),
    "api_key": N_("API key restriction"),
    "iam_deny": N_("IAM deny policy"),
    "disable_service": N_("disabling the service"),
    "unlink_billing": N_("unlinking billing"),
    "tokens_per_minute": N_("tokens a minute"),
    "output_tokens_per_minute": N_("output tokens a minute"),
    "input_tokens_per_minute": N_("input tokens a minute"),
    "requests_per_minute": N_("requests a minute"),
    "budget": N_("the budget"),  # the rules of `freio.domain.budget_fit`
    "usual peak": N_("the usual peak"),
    "floor": N_("the configured floor"),
    "production": N_("production"),  # what most clients call their environments
    "staging": N_("staging"),
    "development": N_("development"),
    "experiment": N_("experiment"),
}

COUNTED: Mapping[str, tuple[str, str]] = {
    "attempts": (N_("{n:number} attempt"), N_("{n:number} attempts")),
    "apps": (N_("{n:number} app"), N_("{n:number} apps")),
    "more_limits": (N_("{n:number} more limit"), N_("{n:number} more limits")),
    "settled_days": (N_("{n:number} settled day"), N_("{n:number} settled days")),
    "alerts": (N_("{n:number} alert"), N_("{n:number} alerts")),
    "incidents": (N_("{n:number} incident"), N_("{n:number} incidents")),
    "history_days": (N_("{n:number} day of history"), N_("{n:number} days of history")),
    "earlier_signals": (N_("{n:number} earlier signal"), N_("{n:number} earlier signals")),
    "refused_requests": (N_("{n:number} request refused"), N_("{n:number} requests refused")),
}
"""What is counted in a sentence, such as ``{n:apps}``: said of one, and of any other number. Each language's rule of
what counts as one is Babel's; our languages need no third form."""
