"""Every sentence that Freio says of its own accord, in English, marked for the catalogues.

A place in a sentence names how it is written for its reader: ``{by:person}`` is a mention, ``{until:time}`` an instant
in the reader's zone, ``{amount:money}``, ``{share:percent}``, ``{value:number}``, ``{state:word}`` a word of the
catalogue (a state, an action, a kind of signal), ``{state:Word}`` the same at the start of a sentence, ``{who:words}``
some of them as a choice; ``{n:apps}`` a number of something (`freio.i18n.words.COUNTED`); ``{why:phrases}`` other
sentences, with a semicolon between them, ``{open:lines}`` the same, each on its line (`freio.domain.phrase`). Plain
``{name}`` is text from outside, and is escaped.
"""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for "mark, do not translate here"
    """Mark a sentence for extraction; it is translated when it is shown."""
    return text


# ---- history, in the incident's thread
SIGNALLED = N_("New signal, {kind:word}: {observed:money} instead of {usual:money}.")
SIGNALLED_ALONE = N_("New signal, {kind:word}.")
SIGNALLED_OF_BUDGET = N_("New signal, {kind:word}: {observed:money} of a budget of {usual:money}.")
CALLED_SPEND = N_("By the gateway's logs, {share:percent} of the spend beyond the usual is by {caller:phrases}.")
CALLED_TOKENS = N_("By the gateway's logs, {share:percent} of the tokens beyond the usual are by {caller:phrases}.")
CALLED_REQUESTS = N_("By Google's counts, {share:percent} of the requests beyond the usual are by {caller:phrases}.")
RULED = N_("From now on, Freio {mode:word} here.")
MOVED = N_("{before:Word} → {after:word}.")
DECIDED = N_("{by:person} decided: {action:word}.")
DECIDED_UNTIL = N_("{by:person} decided: {action:word}, until {until:time}.")
DECIDED_BY_POLICY = N_("Nobody answered within {grace:duration}; the policy says enforce: throttling.")
CONSENTED = N_("{by:person} said yes for {app}. Still missing: a yes from an owner of {missing}.")
BRAKED = N_("Limit set and read back: {value:number} a minute on {model}, {location} (before: {found:override}).")
RESTORED = N_("What stood there before is back: {found:override} on {model}, {location}.")
LEFT_FOREIGN = N_("Somebody else set {value:override} on {model}, {location} meanwhile. It is left as it is.")
PROOF_BINDS = N_("Proof: the brake binds. {now:number} tokens a minute, {before:number} before; limit {limit:number}.")
PROOF_REFUTED = N_(
    "Proof: the brake does not bind. {now:number} tokens a minute are above the limit {limit:number}. Letting go of it."
)
PROOF_REFUTED_NEXT = N_(
    "Proof: the brake does not bind. {now:number} tokens a minute are above the limit {limit:number}. Letting go of "
    "it, and trying the next."
)
NOT_BOUND = N_("{model} at {location}: the limit was set, and does not bind")
LOOSE = N_("Let go of what does not bind: {what:phrases}. The other limits hold.")
NEXT_LEVER = N_("no further lever is left to try")
STOPPED = N_("Stopped and read back: {where:phrases}.")
GIVEN_BACK = N_("What stood there before is back: {where:phrases}.")
LEFT_CHANGED = N_("Somebody else changed {where:phrases} meanwhile. It is left as it is.")
GONE = N_(
    "{where:phrases} is not there any more: it was deleted or replaced, and nothing can be put back there. What comes "
    "in its place may still carry the brake."
)
GONE_LIMIT = N_(
    "{where:phrases} is not there any more: it was deleted or replaced, and nothing can be put back there. What comes "
    "in its place may still carry the brake; before it, the limit was {found:override}."
)
FOLLOWED = N_("{where:phrases} was replaced by {heir:phrases}, which carries the brake: it goes on there.")
GONE_SINCE = N_("{where:phrases}: deleted or replaced since")
LEFT_OUT = N_("Left out of the brake: {what:phrases}.")
ALL_GONE = N_("Nothing is left to brake: {what:phrases}. Asking again.")
PAGE_ABANDONED = N_(
    "{where:phrases} was braked for {app} until {until:time}, and nothing has ended that since: letting go."
)
PAGE_GONE = N_("{where:phrases} was deleted or replaced while it was braked: look whether the brake lives on there.")
STOPS = N_("Proof: the brake binds. {exceeded:refused_requests}, and nothing gets through.")
LEAKS = N_("Proof: the brake does not bind. {now:number} requests a minute still get through. Letting go of it.")
LEAKS_NEXT = N_(
    "Proof: the brake does not bind. {now:number} requests a minute still get through. Letting go of it, and trying "
    "the next."
)
STOP_NOT_BOUND = N_("{where:phrases}: it was stopped, and still lets requests through")
HARSHER = N_("The next lever stops what you agreed to limit. Asking again.")
NOT_TWO = N_("The next lever needs the yes of two named people. Asking again.")
RENEW = N_("Still running away when the throttle ran out. Renew? It is held until {until:time}.")
RENEW_UNSURE = N_(
    "The throttle ran out, and it is not known to be quiet: data is missing, or it has not been quiet for long. "
    "Renew? It is held until {until:time}."
)
LET_GO = N_("Nobody renewed the throttle; letting go.")
AUTHORITY_OVER = N_("The time of the throttle was over before all its limits were set. Asking again.")
POLICY_CHANGED = N_("The file has changed: the policy does not brake {app} by itself any more. Asking instead.")
STILL_HELD = N_("{model}, {location} stays limited to {value:number} a minute: {apps} holds it too.")
STILL_STOPPED = N_("{where:phrases} stays stopped: {apps} holds it too.")
RAISED = N_("Raised to {value:number} a minute, asked by {by:person}, approved by {approver:person}.")
RAISED_WITHIN = N_(
    "Raised to {value:number} a minute, asked by {by:person}, approved by {approver:person}. In force stays "
    "{standing:number} a minute, because another limit there is stricter."
)
APP_GONE = N_("{app} is no longer in freio.yaml; closing.")
QUIET = N_("Quiet again, on complete data.")
RETRYING = N_("Trying again: {error}")
RETRYING_LIMIT = N_("Trying again, {model}, {location}: {why:phrases}")
RETRYING_AT = N_("Trying again, {where:phrases}: {why:phrases}")
STUCK = N_("Stuck after {attempts:attempts}: {why:phrases}. A person was paged.")
STUCK_AT = N_("Stuck: {why:phrases}. A person was paged.")
NOT_ALL_SET = N_("not all limits are set yet")
NOT_ALL_BACK = N_("not everything that stood there before is back yet")
RECORD_UNREADABLE = N_("Freio's record of {where:phrases} cannot be read: what stands there must be looked at by hand")
NO_REPLY = N_("{attempts:number} calls at the limit of {model}, {location} did not come back")
NO_REPLY_AT = N_("{attempts:number} calls about {where:phrases} did not come back")
OTHER_THERE = N_("something else than what was set was read back")
READ_BACK = N_("wanted {wanted:override} there, and read back {standing:override}")

BEYOND_EXPECTED = N_("Now {rate:money} an hour, which is more than was called expected. Asking again.")
LEARNED = N_(
    "Learned: up to {level:money} an hour is expected at any hour until {hushed:time}, and at these hours of the day "
    "until {until:time}. More than that is told."
)

# ---- what a brake is at
AT_LIMIT = N_("{model}, {location}")
AT_KEY = N_("API key {key}")
AT_ACCOUNT = N_("service account {service_account}")
AT_GATEWAY_KEY = N_("gateway key {key}")
AT_MODELS = N_("the models that are allowed in {project}")
AT_SERVICE = N_("{service} in {project}")
AT_BILLING = N_("the billing of {project}")

# ---- calling people
ESCALATED = N_("No answer for {waited:duration}. {app} still runs at {rate:money} an hour.")
ESCALATED_UNSEEN = N_("No answer for {waited:duration}. Nobody has measured yet how fast {app} runs.")
ESCALATED_WAITS = N_(
    "No answer for {waited:duration}. {app} still runs at {rate:money} an hour. The policy says enforce, and does not "
    "brake it by itself: {why:phrases}."
)
NO_BRAKE = N_("{app} has no brake: {reason:phrases}.")

# ---- why a policy that enforces leaves a brake to people
WAITS_SHARED = N_("it brakes {apps} too")
WAITS_NOBODYS = N_("some of the traffic there belongs to no app")
WAITS_HARD = N_("it is a hard lever")

# ---- why spend is odd, and why there is no brake: worked out far from the reader, carried as phrases
TIMES_THE_USUAL = N_(
    "{times:decimal} times the usual, "
    "{deviations:rounded} standard deviations above the same hour of the last two weeks"
)
DEVIATIONS = N_("{deviations:rounded} standard deviations above the same hour of the last two weeks")
OF_THE_BUDGET = N_("{ratio:percent} of the budget")
TOKENS_OVER_USUAL = N_(
    "at the pace of the last {window:duration}, {now:rounded} tokens of {model} an hour, {times:decimal} times the "
    "usual {usual:rounded}"
)
TOKENS_UNUSUAL = N_("at the pace of the last {window:duration}, {now:rounded} tokens of {model} an hour, usually none")
REQUESTS_OVER_USUAL = N_(
    "at the pace of the last {window:duration}, {now:rounded} requests to {model} an hour, {times:decimal} times the "
    "usual {usual:rounded}: more of them, with fewer tokens each"
)
REQUESTS_UNUSUAL = N_(
    "at the pace of the last {window:duration}, {now:rounded} requests to {model} an hour, usually none"
)
SILENT_TELEMETRY = N_(
    "its telemetry has shown nothing since {since:time}, for {lasted:duration}, and before never paused for longer "
    "than {usual:duration}: it has stopped, or runs unseen"
)
SILENT_EXPORT = N_(
    "nothing was billed for it since {since:time}, though {lasted:duration} more are billed for others; before, its "
    "bills never paused for longer than {usual:duration}: it has stopped, or runs under another project or label"
)
DEARER_MIX = N_(
    "as many tokens as usual, at {now:money} a million instead of {usual:money}: {model} has {share:percent} of them, "
    "usually {was:percent}"
)
DEARER_TOKENS = N_(
    "as many tokens as usual, at {now:money} a million instead of {usual:money}: mostly {model}, by its price or by "
    "more output for as much input"
)
BILLED_MIX = N_(
    "as many tokens as usual, billed in the day until {until:time} at {now:money} a million instead of {usual:money}: "
    "{model} has {share:percent} of them, usually {was:percent}"
)
BILLED_TOKENS = N_(
    "as many tokens as usual, billed in the day until {until:time} at {now:money} a million instead of {usual:money}: "
    "mostly {model}, by its price, by cache hits that are gone, or by credits that have ended"
)
NO_BUCKET = N_("{model} at {location}: dynamic shared quota, so no limit binds there")
NO_OWN_QUOTA = N_("{model} at {location}: no quota of its own is listed there")
MULTI_REGION = N_(
    "{model} at {location}: the multi-region endpoint has no quota; only global and single regions have one"
)
NO_TARGET = N_("{model} at {location}: the lever knows no limit there")
OTHER_UNIT = N_("{model} at {location}: its quota counts {unit:word}, and telemetry gives no rate of those")
NOT_OVER = N_(
    "{model} at {location}: a limit of {value:number} a minute would throttle nothing, {current:number} are running"
)
STRICTER_STANDS = N_(
    "{model} at {location}: a limit of {standing:number} a minute is in force already, ours would be {value:number}"
)
NO_TRAFFIC = N_("no traffic of this app was seen in the last hour")
NO_PRICE = N_("{models}: no price is known, so no limit can be worked out")
NO_LEVER_LEFT = N_("no lever is left that was not tried")
OTHER_CALLERS = N_("calls of {app} by others that the client's file names: {callers}")
STOPS_UNDER_FLOOR = N_("{lever:word} stops everything, and the app's floor is {floor:number}")
UNASKED = N_("{lever:word}: {error}")
NOT_WORKED_OUT = N_("no brake could be worked out: the watch did not get through")

# ---- what an estimate stands on
ESTIMATE_SHARED = N_(
    "of {model} in {project} a share, {share:percent}, by the labels of its bills in the seven days until {until:time}"
)
ESTIMATE_UNDIVIDED = N_("all of {model} in {project}, though it may be of {apps} too: no bill of seven days says whose")
ESTIMATE_RECONCILED = N_("{low:percent} to {high:percent} of list price, as bills were on {days:settled_days}")
ESTIMATE_UNRECONCILED = N_("list price, which no settled bill could be held against yet")
ESTIMATE_ODD = N_(
    "{model} in {project} at list price: bills were {share:percent} of it on {days:settled_days}, which is too few or "
    "too uneven to go by"
)
ESTIMATE_UNBILLED = N_(
    "{model} in {project} at list price: the bill has nothing of that name on {days:settled_days}, though it was used"
)
ESTIMATE_DEDICATED = N_("without {tokens:rounded} tokens of {model} on provisioned throughput, billed by its time")

# ---- to one person
ALREADY_DECIDED = N_("Nothing changed: {by:person} already decided {action:word} at {at:time}.")
QUESTION_CHANGED = N_("Nothing changed: the question has changed since that message was drawn. Please look again.")
NOT_FOR_GUESTS = N_("Nothing changed: guests and bots may not use Freio.")
TOO_LATE = N_("Nothing changed: {until:time} is over.")
NOT_OPEN = N_("Nothing changed: that incident is closed.")
NOT_ALLOWED = N_("Nothing changed: only {who:words} may do that for {app}.")
ASK_SENT = N_("Your request went to the cost owners of {app}.")
ASK_SENT_TWO = N_("Your request went to those who may approve a hard lever. Two of them must say yes.")
ONE_OF_TWO = N_("Your yes counts. One more is needed.")
NOT_FOR_HARD = N_(
    "Nothing changed: only people whom freio.yaml names for hard levers, or a cost owner of {app}, may do that."
)
HARD_NOBODY = N_(
    "Nothing changed: a hard lever needs the yes of two others whom freio.yaml names under approvals.hard_levers; a "
    "cost owner of {app} counts as one."
)
CANNOT_RAISE = N_("Nothing changed: the brake on {app} is a stop. It can be released, and not raised.")
ASK_NOBODY = N_(
    "Nothing changed: for {app} there is nobody else who may approve that. Name another cost owner in freio.yaml, or "
    "set ops_may_raise there."
)
ASK_PENDING = N_("Nothing changed: a request of {by:person} is already waiting for an answer.")
ASK_GONE = N_("Nothing changed: that request was {answer:word} by {by:person} at {at:time}.")
OWN_REQUEST = N_("Nothing changed: somebody else must answer your own request.")
NOTHING_TO_RELEASE = N_("Nothing changed: {app} is not throttled.")
UNKNOWN_APP = N_("There is no app {app}. There are: {apps}.")
UNKNOWN_COMMAND = N_("I do not know “{text}”. I know: {commands}.")
STATUS_NONE = N_("No open incidents. Freio watches {apps:apps}.")
STATUS_LINE = N_("{app}: {state:word} since {since:time}, {likely:money} this month, {rate:money} an hour.")
STATUS_LINE_UNSEEN = N_("{app}: {state:word} since {since:time}, {likely:money} this month.")

STATUS_LINES = N_("Open incidents:\n{open:lines}")

# ---- what is expected
PLANNED = N_(
    "Announced for {app}, as number {number:number}: up to {factor:decimal} times the usual, from {start:time} until "
    "{end:time}. Until then Freio tells only of more than that."
)
PLAN_WITHDRAWN = N_("Number {number:number} of {app} is withdrawn: Freio tells of it again.")
PLAN_UNKNOWN = N_("Nothing changed: {app} has no number {number:number} that still holds. `{command}` shows what does.")
PLANS_NONE = N_("Nothing is announced, and nothing was called expected.")
PLANS_LINES = N_("Expected spend:\n{open:lines}")
PLAN_LINE = N_(
    "{app}, number {number:number}: up to {factor:decimal} times the usual, from {start:time} until {end:time}. "
    "Announced by {by:person}: {why}"
)
PLAN_LINE_OF_FILE = N_(
    "{app}, in freio.yaml: up to {factor:decimal} times the usual, from {start} to {end} (both days included): {why}"
)
LESSON_LINE = N_(
    "{app}, number {number:number}: up to {level:money} an hour in the hours that it ran in, until {until:time}. "
    "Called expected by {by:person}"
)

# ---- by the pager
PAGE_STUCK = N_("Freio is stuck on {app} ({incident}): {error}")
PAGE_DEAD = N_("Freio could not deliver a message about {app} ({incident}): {error}")
PAGE_NO_ANSWER = N_("Nobody has answered Freio about {app} ({incident}) for {waited:duration}.")
PAGE_UNATTRIBUTED = N_(
    "{amount:money} of the hour from {hour:time} on belong to no app in freio.yaml; the largest part is {driver}."
)
PAGE_UNATTRIBUTED_ALL = N_("{amount:money} of the hour from {hour:time} on belong to no app in freio.yaml.")
PAGE_REJECTED = N_("An event that nobody can use came in ({reason}): {error}")
PAGE_FAILING = N_("Freio cannot do its work: {what} fails. {error}")

PAGE_SILENT_EXPORT = N_(
    "The billing export has said nothing new since {since:time}, for {lasted:duration}; it never was later than "
    "{usual:duration}. Until it speaks, Freio knows spend by telemetry alone."
)
PAGE_SILENT_TELEMETRY = N_(
    "Telemetry of every project has been silent since {since:time}, for {lasted:duration}; until now never for longer "
    "than {usual:duration}. Until it speaks, Freio sees spend only when it is billed, and nothing counts as quiet."
)

# ---- Google's own spend caps
CAP_PAUSED = N_("Google has paused {service} in {project}: its spend cap of {limit:money} a month is used up")
CAP_ENFORCED = N_(
    "Google has paused {service} in {project}: the spend cap {name} of {limit:money} a month is used up. Requests fail "
    "there until the month ends, or until somebody lifts the cap. Freio itself goes on."
)
CAP_LIFTED = N_("Google's spend cap {name} on {service} in {project} pauses nothing any more.")
PLACE_PAUSED = N_(
    "{model} at {location}: Google has paused {service} in {project} already, whose spend cap of {limit:money} is used "
    "up"
)
PAGE_OWN_CAP = N_(
    "A spend cap of {limit:money} a month on {service} in {project} would stop Freio itself: that is the project that "
    "it runs in. Take the cap off, or run Freio elsewhere."
)

# ---- standing quotas
RETURNS_TO = N_(
    "When the brake ends, {value:number} a minute will stand on {model}, {location}: the standing quota of freio.yaml. "
    "The limit in force stays as it is."
)
QUOTA_STANDS = N_("The standing quota of freio.yaml stands there now: {found:override} on {model}, {location}.")
QUOTA_UNSHARED = N_("{apps} goes through it too, and has no quota of this kind in freio.yaml")
QUOTA_BEYOND = N_("Google grants {granted:number}, and freio.yaml says {wanted:number}: an override can only lower")
QUOTA_UNREADABLE = N_("a quota of {value:number} that the file asks for {apps} no more cannot be read there: {error}")
QUOTA_ORPHANED = N_(
    "{apps}: a quota of {value:number} was set through {lever:word}, which freio.yaml has no more; take it away there"
)
# ---- lever api_key
NO_KEYS = N_("{app} names no API key in freio.yaml, so no key can be restricted")
KEY_ELSEWHERE = N_("{project} holds none of these API keys: {keys}")
KEY_GONE = N_("API key {key} in {project}: it was deleted")
KEY_WITHOUT_AI = N_("API key {key} in {project}: it may not call AI services as it is")
KEY_KEEPS = N_(
    "API key {key} in {project} has no API restriction. While it is braked, it may call the {kept:number} enabled "
    "services there that are not AI. Refused beside AI: {lost:number} more that are enabled, and every service that is "
    "enabled meanwhile"
)
KEY_KEEPS_NOTHING = N_(
    "API key {key} in {project} has no API restriction, and no service but AI is enabled there. While it is braked, "
    "it may call nothing of the project"
)
LEVER_LACKS = N_("{project}: Freio lacks {permissions} there")

# ---- lever iam_deny
NO_SERVICE_ACCOUNTS = N_("{app} names no service account in freio.yaml, so none can be denied")
DENY_LACKS = N_(
    "{account} in {project}: Freio lacks {permissions}. Deny policies need the role Deny Admin, which only an "
    "organization or a folder grants, never the project alone"
)
DENY_UNSURE = N_(
    "{account} in {project}: Google does not promise that a deny policy can deny predictions. If it cannot, setting it "
    "fails; the proof shows whether it bites. Batch jobs go on"
)

# ---- Google's own anomalies
GOOGLE_FOUND = N_("Google's own detection says: {said}")
GOOGLE_FOUND_SHARED = N_(
    "Google's own detection says: {said}. It names a project that {app} shares with {others}: whose it is, is not known"
)
PAGE_ANOMALY_UNATTRIBUTED = N_(
    "Google found a cost anomaly in {project}, which belongs to no app in freio.yaml: {said}"
)
PAGE_ANOMALY_UNKNOWN = N_(
    "A message came to the billing topic in a shape that Freio does not know. It stands in the journal, and begins: "
    "{text}"
)
# ---- lever gateway: why there is no limit at a client's LiteLLM proxy
GATEWAY_NO_CALLERS = N_("{model} at {location}: freio.yaml names no team and no key of this app at the gateway")
GATEWAY_UNKNOWN_CALLER = N_("{model} at {location}: the gateway knows no team and no key {caller}")
GATEWAY_UNSURE_CALLER = N_("{model} at {location}: whether the gateway has a team {caller} cannot be known now")
GATEWAY_TEAMLESS_KEY = N_("{model} at {location}: the gateway does not find the team of the key {caller}")
GATEWAY_NO_MODEL = N_("{model} at {location}: the gateway has no model that leads there")
GATEWAY_NOT_REACHED = N_("{model} at {location}: none of this app's teams and keys may use a model that leads there")
GATEWAY_DENIED = N_("{model} at {location}: the gateway refuses Freio's admin key")
GATEWAY_DYNAMIC = N_(
    "{model} at {location}: {caller} has a dynamic limit at the gateway, which binds only while the model fails"
)
GATEWAY_WHOLE = N_("At the gateway {caller} is limited as a whole, with every model that it calls")
GATEWAY_QUOTA_SEVERAL = N_(
    "{app}: has {callers:number} callers at the gateway, each with a counter of its own; its quota needs one team for "
    "all of them"
)

# ---- lever allowed_models: what it leaves, and why it cannot
MODELS_LEFT = N_("Without {model}, these models of the app stay allowed in {project}: {left}")
NO_MODEL_LEFT = N_("Without {model}, no other model of the app is known to be allowed in {project}")
MODEL_DENIED = N_("{model} in {project}: the organization policy denies it already")
MODEL_UNNAMED = N_("{model} in {project}: how organization policies name it is not known")
POLICY_CONDITIONS = N_("{model} in {project}: the organization policy there has conditions, so Freio does not touch it")
POLICY_ADDS = N_(
    "{model} in {project}: the organization policy there allows models beside those it inherits, so Freio does not "
    "touch it"
)
POLICY_UNKNOWN = N_("{model} in {project}: Freio does not understand the organization policy there, and leaves it")
POLICY_FULL = N_("{model} in {project}: the organization policy there has no room for one more value")

# ---- hard levers disable_service and unlink_billing
OWN_PROJECT = N_("{project}: Freio itself runs there, so nothing is turned off in it")
SERVICE_IS_OFF = N_("{project}: {service} is disabled already")
DISABLING = N_(
    "{service} stops for everybody in {project}, and turning it on again may not bring everything back. That it was "
    "used in the last 30 days does not hold it back; another service that depends on it does"
)
BILLING_IS_OFF = N_("{project}: no billing account is linked to it")
UNLINKING = N_(
    "UNLINKING BILLING CAN DESTROY DATA: everything in {project} stops, resources may be deleted for good, and only a "
    "person can link {account} again"
)

# ---- asking Google for more quota
INCREASE_FILED = N_(
    "Google grants {before:number} a minute on {model}, {location}, and {wanted:number} were approved: asked Google "
    "for more. Until it decides, {before:number} is the most."
)
INCREASE_GRANTED = N_("Google has granted {granted:number} a minute on {model}, {location}, as it was asked for.")
INCREASE_PARTLY = N_(
    "Google has granted {granted:number} a minute on {model}, {location}, of the {wanted:number} that it was asked "
    "for. It says: {detail}"
)
INCREASE_DENIED = N_(
    "Google has denied {wanted:number} a minute on {model}, {location}; it stays at {before:number}. It says: {detail}"
)
INCREASE_UNANSWERED = N_(
    "Google has not decided within thirty days about {wanted:number} a minute on {model}, {location}. Freio does not "
    "look any more."
)
INCREASE_NO_CONTACT = N_(
    "Google grants {before:number} a minute on {model}, {location}, and {wanted:number} were approved. Freio cannot "
    "ask for more: neither a cost owner nor an owner of {app} stands in freio.yaml with an e-mail address."
)
INCREASE_UNOWNED = N_(
    "Google grants {before:number} a minute on {model}, {location}, and {wanted:number} were approved. Only a cost "
    "owner's approval asks Google for more."
)
INCREASE_BLOCKED = N_("Asking Google for {wanted:number} a minute fails until somebody changes that: {error}")

# ---- fire drills
DRILL_WHY = N_("somebody called a fire drill, or the calendar did: nothing runs away")
DRILL_NONE = N_("freio.yaml names no drill")
DRILL_OBSERVES = N_("Freio only watches {app}, so it would brake nothing")
DRILL_OPEN = N_("{app} has an open incident: {state:word}")
DRILL_TRAFFIC = N_(
    "{model} at {location} in {project} is in use: {tokens:number} tokens in the last seven days, of which the brake "
    "would refuse {share:percent}. A drill needs a place where nothing runs"
)
DRILL_SHARED = N_("the brake would touch other apps too: {apps}")
DRILL_NO_BRAKE = N_("no lever of a drill binds there: {reasons:phrases}")
PAGE_DRILL_REFUSED = N_("The fire drill does not take place: {why:phrases}.")
DRILL_UNANSWERED = N_("Nobody answered the fire drill within {grace:duration}. It ends without a brake.")
DRILL_UNPLANNED = N_("No brake was worked out for the fire drill in time. It ends.")
DRILL_OVER = N_("The fire drill has what it came for. Letting go.")
DRILL_EXPIRED = N_("The time of the fire drill is over. Letting go.")
DRILL_UNASKED = N_("The fire drill could not ask the model, so that there is nothing for the brake to refuse: {error}")
DRILL_STEPS = N_("The fire drill is over. Its steps:\n{steps:lines}")
DRILL_STEP = N_("• {moment:word}: after {after:duration}")
DRILL_MISSED = N_("• {moment:word}: it did not come to that")
DRILL_BINDS = N_("The fire drill has shown that the brake binds, and that what stood there before comes back.")
DRILL_REFUTED = N_("The fire drill has shown that the brake does *not* bind there: requests got through all the same.")
DRILL_INCONCLUSIVE = N_(
    "The proof of the fire drill is inconclusive: there was too little traffic to refuse. That the limit stood was "
    "read back, and that it was taken away again; that it binds was not shown."
)
DRILL_UNPROVED = N_("The fire drill ended before its brake was looked at: nothing was shown of whether it binds.")
DRILL_UNBRAKED = N_("The fire drill ended without a brake.")
# ---- where the month is going
BUDGET_NONE = N_("There is no forecast yet. One is made each day, from a week of history on.")
BUDGET_LINES = N_(
    "Where the month is going, as of {at:time}. Each range is to hold in {level:percent} of months:\n{budgets:lines}"
)
BUDGET_LINE = N_(
    "{app}: {so_far:money} so far, likely {expected:money} by the month's end ({low:money} to {high:money}) of "
    "{budget:money}; chance to pass it: {chance:percent}"
)
BUDGET_LINE_FREE = N_(
    "{app}: {so_far:money} so far, likely {expected:money} by the month's end ({low:money} to {high:money})"
)

# ---- the weekly digest
DIGEST = N_("*Alerts from {since:time} to {until:time}*\n{lines:lines}")
DIGEST_ALERTS = N_(
    "{alerts:alerts} of {apps:apps}: {rate:decimal2} for each app and week, within the budget of {budget:decimal2}."
)
DIGEST_ALERTS_OVER = N_(
    "{alerts:alerts} of {apps:apps}: {rate:decimal2} for each app and week, *over the budget of {budget:decimal2}*."
)
DIGEST_OTHERS = N_(
    "Beside them {others:incidents} by budgets, caps, prices, silent feeds or Google's own detection alone."
)
DIGEST_BUSIEST = N_("More than one: {apps:phrases}.")
DIGEST_OF_APP = N_("{app}, {alerts:alerts}")
DIGEST_ANSWERS = N_("Answers: {answers:phrases}.")
DIGEST_ANSWER = N_("{action:word}, {many:number}")
DIGEST_UNANSWERED = N_("none from a person, {many:number}")
DIGEST_POLICY_STOOD = N_("braked by the policy and let stand, {many:number}")
DIGEST_POLICY_RELEASED = N_("braked by the policy and let go by a person, {many:number}")
DIGEST_UNDECIDED = N_(
    "Undecided: {undecided:alerts}. Only a person's throttle or *expected* says whether an alert was right; a snooze, "
    "a keep running, or a brake of the policy does not, whether it was let stand or not."
)
DIGEST_PRECISION = N_(
    "Precision: {share:percent}. Of {judged:number} that were judged, a throttle confirmed {confirmed:number}."
)
DIGEST_NO_PRECISION = N_("Precision: not known. Nobody confirmed an alert by a throttle, or called one expected.")
DIGEST_PRECISION_WEEKS = N_(
    "Over the last {weeks:number} weeks: {share:percent}, {confirmed:number} of {judged:number} that were judged."
)
DIGEST_WAITED = N_("Median time to an answer: {waited:duration}.")
DIGEST_OPEN = N_("Still open:\n{lines:lines}")
DIGEST_BUDGETS = N_("Budgets that are more likely passed than not:\n{lines:lines}")
DIGEST_MORE = N_("and {many:number} more")
