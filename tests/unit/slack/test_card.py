"""The incident's message: what stands in it, in which language, with which buttons."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freio.adapters.slack.buttons import read_question
from freio.adapters.slack.card import draw
from freio.domain.app import App, Level, Mode
from freio.domain.callers import CallerShare, Measure
from freio.domain.explanation import Explanation
from freio.domain.incident import (
    Action,
    Assessment,
    Decision,
    Incident,
    Proof,
    Proposal,
    Refusal,
    State,
    Step,
    Verdict,
)
from freio.domain.lever import KINDS
from freio.domain.phrase import Phrase
from freio.domain.sentences import DRILL_WHY, NO_BUCKET, NO_LEVER_LEFT, NO_TRAFFIC, OF_THE_BUDGET
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend_cap import VERTEX_BILLED, CapState, SpendCap
from freio.domain.target import Target
from freio.i18n.catalogue import Language
from freio.sandbox.slack.blocks import check_blocks
from tests.unit.slack.examples import (
    APP,
    ENGLISH,
    NOW,
    PORTUGUESE,
    PROPOSAL,
    SIGNAL,
    STEP,
    TARGET,
    brl,
    incident,
)

NO_BRAKE = Proposal(
    lever="quota",
    steps=(),
    reasons=(Phrase.of(NO_BUCKET, model="gemini-2.5-flash", location="eu"), Phrase(NO_LEVER_LEFT)),
)
PROOF = Proof(verdict=Verdict.BINDS, at=NOW, limit=200_000, before=1_900_000, now=198_000, exceeded=41)
DECIDED = Decision(
    action=Action.THROTTLE, by="U0RUI00001", at=NOW, until=NOW + timedelta(hours=6), amount=brl("500"), why="too fast"
)


def blocks_of(
    shown: Incident, language: Language = ENGLISH, app: App | None = APP, chart: str = ""
) -> list[dict[str, Any]]:
    """The blocks as they are sent; the SDK's own limits are checked on the way."""
    drawing = draw(shown, app=app, chart=chart, language=language, address=lambda who: who)
    blocks: list[dict[str, Any]] = json.loads(json.dumps([block.to_dict() for block in drawing.blocks]))
    return blocks


def text_of(blocks: list[dict[str, Any]], block_id: str) -> str:
    """All the text of one block, and of those that go on with it (``brake-1``); empty where it is not there."""
    said = [
        part["text"]
        for block in blocks
        if block["block_id"].partition("-")[0] == block_id
        for part in (block.get("text"), *block.get("fields", []), *block.get("elements", []))
        if part
    ]
    return "\n".join(said)


def buttons_of(shown: Incident) -> dict[str, dict[str, Any]]:
    """The buttons by what they do."""
    blocks = blocks_of(shown)
    return {e["action_id"]: e for block in blocks if block["type"] == "actions" for e in block["elements"]}


def test_a_message_in_english() -> None:
    """What, how much, why, whose, and the brake, with numbers as English has them."""
    blocks = blocks_of(incident())
    assert text_of(blocks, "title") == "🔴 support-chat: waiting for a decision"
    assert "(critical, <!date^" in text_of(blocks, "what")
    assert "*Spike: R$812.40 in 1 hour* instead of R$95.10, mostly gemini-2.5-flash" in text_of(blocks, "what")
    assert (
        "31 standard deviations above the same hour of the last two weeks (score 3.2, and an alert from 1 on)"
        in text_of(blocks, "why")
    )
    money = text_of(blocks, "money")
    for line in (
        "*Billed this month*\nR$12,346",
        "*Estimated in flight*\nR$812.40",
        "R$13,361 (+R$203.10)",
        "*The last hour*\nR$812.40",
        "*Budget of the month*\nR$40,000, 33% used",
    ):
        assert line in money
    brake = text_of(blocks, "brake")
    for line in (
        "gemini-2.5-flash (global): at most *200K input tokens a minute*. Now 1.9M, usual peak 400K; ",
        "limit now: no limit. The new one comes from the budget.",
        "It would have refused 20.4% of the last seven days' traffic. Whose: support-chat 18%, search 2.4%.",
        "Shared with search",
        "Not covered: claude-opus-4-6 at eu: the multi-region endpoint",
    ):
        assert line in brake
    assert text_of(blocks, "owners").startswith("*Owners:* ana@acme.example, <@U0123ABCD>")


def test_the_same_message_in_portuguese() -> None:
    """Words, money, numbers and shares as Brazil writes them."""
    blocks = blocks_of(incident(), PORTUGUESE)
    assert text_of(blocks, "title") == "🔴 support-chat: aguardando decisão"
    assert "*Pico: R$\u00a0812,40 em 1 hora* em vez de R$\u00a095,10" in text_of(blocks, "what")
    assert "*Faturado neste mês*\nR$\u00a012.346" in text_of(blocks, "money")
    assert "no máximo *200\u00a0mil tokens de entrada por minuto*. Agora 1,9\u00a0mi" in text_of(blocks, "brake")
    assert "20,4% do tráfego" in text_of(blocks, "brake")
    assert [e["text"]["text"] for e in blocks[-1]["elements"]] == [
        "Frear",
        "Manter rodando",
        "Manter rodando até…",
        "Já esperado",
        "Adiar",
    ]


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        (State.OPEN, []),
        (State.PROPOSED, ["throttle", "keep", "keep_more", "expected", "snooze"]),
        (State.BRAKING, []),
        (State.THROTTLED, ["release", "ask_more"]),
        (State.OVERRIDDEN, []),
        (State.SNOOZED, []),
        (State.EXPECTED, []),
        (State.RESTORING, []),
        (State.STUCK, ["release", "keep"]),
        (State.RESOLVED, []),
    ],
)
def test_each_state_offers_what_can_be_done_in_it(state: State, actions: list[str]) -> None:
    """One click each, without a second question."""
    buttons = buttons_of(incident(state=state))
    assert list(buttons) == actions
    assert not any("confirm" in button for button in buttons.values())


def test_a_button_names_the_question_it_was_drawn_for() -> None:
    """Incident and revision, so that a stale click is seen to be one."""
    values = {button["value"] for button in buttons_of(incident(id="inc:7")).values()}
    assert {read_question(value) for value in values} == {("inc:7", 3)}


@pytest.mark.parametrize("value", ["", "inc-7", "inc-7:", ":3", "inc-7:0", "inc-7:-1", "inc-7:three", "inc-7:٣"])
def test_what_is_no_question_is_refused(value: str) -> None:
    """Only what we drew is read."""
    with pytest.raises(ValueError, match="not the value of a button"):
        read_question(value)


def test_a_brake_that_is_set_is_told_without_its_preview() -> None:
    """What it would have refused was a question of before; the limit stands."""
    brake = text_of(blocks_of(incident(state=State.THROTTLED)), "brake")
    assert "at most *200K input tokens a minute*" in brake
    assert "would have refused" not in brake


def test_a_share_that_is_all_the_apps_own_is_not_split() -> None:
    """Whose it is goes without saying."""
    alone = replace(STEP, refusals=(Refusal(who="support-chat", share=Decimal("0.204")),), shared_with=())
    brake = text_of(blocks_of(incident(proposal=replace(PROPOSAL, steps=(alone,)))), "brake")
    assert "20.4%" in brake
    assert "Whose" not in brake


def test_too_little_traffic_is_no_proof() -> None:
    """No number is shown where none was measured."""
    waiting = replace(PROOF, verdict=Verdict.INCONCLUSIVE, now=0)
    line = text_of(blocks_of(incident(state=State.THROTTLED, proof=waiting)), "proof")
    assert line == "*Proof:* not yet. There is too little traffic to tell."


def test_a_held_brake_is_renewed() -> None:
    """The same button has another name, and the message says what it is about."""
    shown = incident(holding=(TARGET,), until=NOW + timedelta(minutes=15), proof=PROOF)
    assert buttons_of(shown)["throttle"]["text"]["text"] == "Renew"
    assert "*Renew?*" in text_of(blocks_of(shown), "progress")


def test_without_a_brake_that_is_said_loudly() -> None:
    """No button promises what no lever can do."""
    shown = incident(proposal=NO_BRAKE)
    assert "throttle" not in buttons_of(shown)
    assert "*No brake.* Freio cannot stop this: gemini-2.5-flash at eu: dynamic" in text_of(blocks_of(shown), "brake")
    assert "binds there; no lever is left that was not tried." in text_of(blocks_of(shown), "brake")


def test_why_there_is_no_brake_is_said_in_portuguese_too() -> None:
    """Worked out far from the reader, in the reader's language all the same; and so is why spend is odd."""
    blocks = blocks_of(incident(proposal=NO_BRAKE), PORTUGUESE)
    assert "gemini-2.5-flash em eu: cota compartilhada dinâmica" in text_of(blocks, "brake")
    assert "nenhuma alavanca" in text_of(blocks, "brake")
    assert "8,5 vezes o habitual, 31 desvios" in text_of(blocks, "why")
    assert "claude-opus-4-6 em eu: o endpoint multirregional" in text_of(blocks_of(incident(), PORTUGUESE), "brake")


def test_a_decision_says_who_what_when_until_and_why() -> None:
    """Whoever looks later reads it in the message."""
    line = text_of(blocks_of(incident(state=State.THROTTLED, decision=DECIDED)), "decision")
    assert line.startswith(f"*Decision:* throttle, by <@U0RUI00001>, <!date^{int(NOW.timestamp())}^")
    assert "With R$500.00 more. Because: too fast" in line


def test_a_proof_has_its_numbers() -> None:
    """The verdict in words, and what it rests on."""
    line = text_of(blocks_of(incident(state=State.THROTTLED, proof=PROOF)), "proof")
    assert "the brake binds. 198K a minute now, 1.9M before, limit 200K; 41 requests refused." in line


def test_a_shared_brake_says_whose_yes_is_missing() -> None:
    """A yes that was given is not asked for again."""
    assert "Still missing: support-chat, search." in text_of(blocks_of(incident()), "consents")
    agreed = incident(consents=(("support-chat", "U0123ABCD"),))
    assert "Still missing: search." in text_of(blocks_of(agreed), "consents")
    alone = replace(PROPOSAL, steps=(replace(STEP, shared_with=()),))
    assert text_of(blocks_of(incident(proposal=alone)), "consents") == ""


def test_many_signals_are_summed_up() -> None:
    """The newest three, and how many came before."""
    signals = tuple(replace(SIGNAL, key=str(n), driver=f"model-{n}") for n in range(8))
    what = text_of(blocks_of(incident(signals=signals, signal_count=11)), "what")
    assert [f"model-{n}" in what for n in range(8)] == [False] * 5 + [True] * 3
    assert "and 8 earlier signals" in what


def test_a_budget_signal_speaks_of_the_budget() -> None:
    """What is usual for it is the budget itself."""
    signal = replace(SIGNAL, kind=SignalKind.BUDGET_THRESHOLD, window_minutes=0, score=0.9, detail=None)
    signal = replace(signal, usual=brl("40000"))
    blocks = blocks_of(incident(signals=(signal,)))
    assert "*Budget threshold: R$812.40* of R$40,000" in text_of(blocks, "what")
    assert text_of(blocks, "why") == "Why: 90% of the budget"
    crossed = replace(signal, detail=Phrase.of(OF_THE_BUDGET, ratio="0.9"))
    assert text_of(blocks_of(incident(signals=(crossed,))), "why") == "Why: 90% of the budget"


def test_a_forecast_is_not_said_as_if_it_were_spent() -> None:
    """What is billed so far stands beside the ratio that the month is heading for."""
    forecast = replace(SIGNAL, kind=SignalKind.BUDGET_FORECAST, window_minutes=0, score=1.0, driver="")
    forecast = replace(forecast, observed=brl("12000"), usual=brl("40000"), detail=Phrase.of(OF_THE_BUDGET, ratio="1"))
    blocks = blocks_of(incident(signals=(forecast,)))
    said = "*Budget forecast: to reach 100% of R$40,000*, billed so far R$12,000 ("
    assert text_of(blocks, "what").startswith(said)
    assert text_of(blocks, "why") == ""
    assert "12.000 de R$" not in text_of(blocks_of(incident(signals=(forecast,)), PORTUGUESE), "what")


def test_what_a_model_without_a_price_costs_is_not_said() -> None:
    """Nobody knows it: neither 0 nor what the app's other models cost."""
    unpriced = replace(SIGNAL, kind=SignalKind.UNPRICED, observed=brl("0"), usual=brl("0"), driver="gemini-9-ultra")
    said = text_of(blocks_of(incident(signals=(unpriced,))), "what")
    assert said.startswith("*Spend without a known price*, mostly gemini-9-ultra (")


def test_a_signal_that_repeats_another_stands_for_it() -> None:
    """The newest of each kind and driver; the others are counted."""
    signals = tuple(replace(SIGNAL, key=str(n), observed=brl(f"{n}00")) for n in range(1, 4))
    other = replace(SIGNAL, key="g", kind=SignalKind.UNPRICED)
    blocks = blocks_of(incident(signals=(other, *signals), signal_count=4))
    assert text_of(blocks, "what").count("Spike") == 1
    assert "R$300.00" in text_of(blocks, "what")
    assert "Spend without a known price" in text_of(blocks, "what")
    assert text_of(blocks, "what").endswith("and 2 earlier signals")


def test_what_a_shape_has_turned_into_stands_for_it() -> None:
    """A spike that goes on is a loop: one line says so, not two."""
    loop = replace(SIGNAL, key="l", kind=SignalKind.STUCK_LOOP)
    what = text_of(blocks_of(incident(signals=(SIGNAL, loop), signal_count=2)), "what")
    assert what.startswith("*Loop that does not end: R$812.40 in 1 hour*")
    assert "Spike" not in what


def test_a_pace_of_tokens_hides_no_name() -> None:
    """Money has called it a loop; that its tokens come twice as fast again makes it no spike."""
    loop = replace(SIGNAL, key="l", kind=SignalKind.STUCK_LOOP)
    pace = replace(SIGNAL, key="p", window_minutes=15)
    for signals in ((SIGNAL, loop, pace), (pace, loop), (loop, pace)):
        what = text_of(blocks_of(incident(signals=signals, signal_count=3)), "what")
        assert what.startswith("*Loop that does not end: ")
        assert "Spike" not in what
    assert text_of(blocks_of(incident(signals=(SIGNAL, pace))), "what").startswith("*Spike: R$812.40 in 15 minutes*")


def test_a_pace_that_has_become_worse_stands_for_what_its_requests_told() -> None:
    """A storm's first quarter of an hour, at a fifth of it, was shown on in its place: that is no name of money's."""
    storm = replace(SIGNAL, key="r", kind=SignalKind.RETRY_STORM, window_minutes=15, observed=brl("150"))
    pace = replace(SIGNAL, key="p", window_minutes=15)
    what = text_of(blocks_of(incident(signals=(storm, pace), signal_count=2)), "what")
    assert what.startswith("*Spike: R$812.40 in 15 minutes*")


EXPLAINED = Explanation(
    at=NOW,
    since=NOW - timedelta(hours=6),
    usual=brl("95.10"),
    so_far=brl("3900"),
    tomorrow=brl("19300"),
    month_end=brl("130000"),
    fired=(("each of six hours", Decimal("1.72")), ("the hour", Decimal("1.2"))),
    driver="gemini-2.5-pro",
    share=Decimal("0.84"),
)


def test_an_alert_says_since_when_how_much_and_who_drives_it() -> None:
    """What a person decides by; and no driver is said twice."""
    blocks = blocks_of(incident(explanation=EXPLAINED))
    course = text_of(blocks, "course")
    assert course.startswith("*R$3,900 over the usual* since <!date^1795424400^")
    assert ", in 6 hours. 84% of it is gemini-2.5-pro." in course
    assert course.endswith("*R$19,300 by this time tomorrow*, R$130,000 by the end of the month.")
    assert text_of(blocks, "why").startswith("Why: each of the last six hours, the last hour; 8.5 times the usual")
    assert "mostly" not in text_of(blocks, "what")


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (Measure.SPEND, "By the gateway's logs, 91% of the spend beyond the usual is by API key web."),
        (Measure.TOKENS, "By the gateway's logs, 91% of the tokens beyond the usual are by API key web."),
        (Measure.REQUESTS, "By Google's counts, 91% of the requests beyond the usual are by API key web."),
    ],
)
def test_an_alert_says_whose_calls_they_are_and_by_what_that_is_known(of: Measure, said: str) -> None:
    """Requests are no money: a share of one is not called a share of the other."""
    caller = CallerShare(who=Phrase.of("API key {key}", key="web"), share=Decimal("0.91"), of=of, at=NOW)
    course = text_of(blocks_of(incident(explanation=replace(EXPLAINED, caller=caller))), "course")
    assert said in course.split("\n")


@pytest.mark.parametrize("state", [State.THROTTLED, State.RESTORING, State.RESOLVED])
def test_once_it_is_braked_nothing_is_said_of_tomorrow(state: State) -> None:
    """Something has changed: what it had cost until then stays."""
    course = text_of(blocks_of(incident(state=state, explanation=EXPLAINED)), "course")
    assert course.startswith("*R$3,900 over the usual*")
    assert "tomorrow" not in course


def test_one_earlier_signal_is_one() -> None:
    """And one request was refused, and there is one more limit."""
    blocks = blocks_of(incident(signal_count=2, proposal=replace(PROPOSAL, steps=(STEP,) * 4)))
    assert "and 1 earlier signal" in text_of(blocks, "what").split("\n")
    assert "and 1 more limit" in text_of(blocks, "brake").split("\n")
    proof = text_of(blocks_of(incident(state=State.THROTTLED, proof=replace(PROOF, exceeded=1))), "proof")
    assert proof.endswith("1 request refused.")


@pytest.mark.parametrize("language", [ENGLISH, PORTUGUESE])
def test_long_names_do_not_cut_away_what_is_not_covered(language: Language) -> None:
    """Three limits that eight apps share still say all of it: each in its own block."""
    apps = [f"customer-care-assistant-{letter}-production" for letter in "abcdefgh"]
    refusals = tuple(Refusal(who=app, share=Decimal("0.021")) for app in apps)
    steps = tuple(
        replace(STEP, model=model, location="us-central1", refusals=refusals, shared_with=tuple(apps[1:]))
        for model in ("gemini-2.5-flash-preview-native-audio", "claude-sonnet-4-5", "gemini-3-pro-image-preview")
    )
    blocks = blocks_of(incident(proposal=replace(PROPOSAL, steps=steps)), language)
    assert "claude-opus-4-6" in text_of(blocks, "brake")
    for number in (1, 2, 3):
        (step,) = [block["text"]["text"] for block in blocks if block["block_id"] == f"brake-{number}"]
        assert apps[-1] in step
        assert apps[0] in step
        assert "…" not in step


@pytest.mark.parametrize(
    ("state", "holding", "is_loose", "is_proved"),
    [
        (State.PROPOSED, (), True, False),
        (State.PROPOSED, (TARGET,), False, True),
        (State.BRAKING, (TARGET,), True, True),
        (State.THROTTLED, (TARGET,), False, True),
        (State.OVERRIDDEN, (), True, False),
        (State.STUCK, (TARGET,), True, True),
        (State.RESTORING, (TARGET,), False, True),
        (State.RESOLVED, (), False, False),
    ],
)
def test_only_what_is_still_true_is_shown(
    state: State, holding: tuple[Target, ...], is_loose: bool, is_proved: bool
) -> None:
    """A worst case while no brake holds, and a proof while one does."""
    blocks = blocks_of(incident(state=state, holding=holding, proof=PROOF))
    assert ("Worst case" in text_of(blocks, "money")) is is_loose
    assert bool(text_of(blocks, "proof")) is is_proved


def test_an_app_that_is_nobodys_is_said_to_be() -> None:
    """The client's file does not know it."""
    assert "nobody. support-chat does not stand" in text_of(blocks_of(incident(), app=None), "owners")


def test_late_data_is_said() -> None:
    """Nobody should take silence for quiet."""
    assessment = Assessment(at=NOW, running_away=False, complete=False)
    assert "late or missing" in text_of(blocks_of(incident(assessment=assessment)), "progress")


def test_the_chart_has_words_for_those_who_cannot_see_it() -> None:
    """It is shown by its file's id."""
    (image,) = [block for block in blocks_of(incident(), chart="F0CHART000") if block["type"] == "image"]
    assert image["slack_file"] == {"id": "F0CHART000"}
    assert "support-chat" in image["alt_text"]


def test_names_from_outside_are_escaped_everywhere() -> None:
    """An app, a model, an owner, a reason: none can call the channel or break out of the line."""
    evil = "<!channel> & *x*\n`y`"
    step = replace(
        STEP, model=evil, location=evil, refusals=(Refusal(who=evil, share=Decimal(1)),), shared_with=(evil,)
    )
    shown = incident(
        id=evil,
        app=evil,
        signals=(replace(SIGNAL, driver=evil, detail=Phrase.of("{x}", x=evil)),),
        proposal=Proposal(lever=evil, steps=(step,), uncovered=(Phrase.of(NO_BUCKET, model=evil, location=evil),)),
        decision=replace(DECIDED, by=evil, why=evil),
    )
    app = replace(APP, owners=(evil,), team=evil, cost_centre=evil, environment=evil)
    blocks = blocks_of(shown, app=app)
    drawn = [block for block in blocks if block["type"] not in {"header", "actions"}]
    assert "<!channel>" not in json.dumps(drawn)
    assert "*x*" not in json.dumps(drawn)
    assert "`" not in json.dumps(drawn)
    drawing = draw(shown, app=app, chart="", language=ENGLISH, address=lambda who: who)
    assert "<!channel>" not in drawing.text


WORDS = st.text(max_size=4000) | st.sampled_from(["&" * 4000, "<!channel>" * 300, "_*~`" * 900])
NAMES = WORDS.filter(bool)
MONEY = st.decimals(min_value=0, max_value=10**15, allow_nan=False, allow_infinity=False, places=6).map(
    lambda amount: brl(f"{amount:f}")
)
COUNTS = st.integers(min_value=0, max_value=2**63 - 1)
SHARES = st.decimals(min_value=0, max_value=1, allow_nan=False, places=4)
PHRASES = st.builds(lambda model, place: Phrase.of(NO_BUCKET, model=model, location=place), WORDS, WORDS) | st.just(
    Phrase(NO_TRAFFIC)
)
SIGNALS = st.builds(
    Signal,
    key=NAMES,
    app=NAMES,
    kind=st.sampled_from(SignalKind),
    level=st.sampled_from(Level),
    at=st.just(NOW),
    observed=MONEY,
    usual=MONEY,
    window_minutes=st.integers(min_value=0, max_value=10**6),
    score=st.floats(min_value=0, max_value=1e9),
    driver=WORDS,
    detail=st.none() | PHRASES,
)
STEPS = st.builds(
    Step,
    target=st.builds(
        lambda lever, which: Target(lever, which, which, which, "", (("key", which), ("service_account", which))),
        st.sampled_from(sorted(KINDS)),
        WORDS,
    ),
    location=WORDS,
    model=WORDS,
    value=COUNTS,
    rule=WORDS,
    unit=WORDS,
    unit_cost=st.just(Decimal(1)),
    current=COUNTS,
    usual_peak=COUNTS,
    effective=st.none() | COUNTS,
    refused=SHARES,
    refusals=st.lists(st.builds(Refusal, who=WORDS, share=SHARES), max_size=7).map(tuple),
    shared_with=st.lists(NAMES, max_size=12).map(tuple),
    takes=st.lists(WORDS, max_size=12).map(tuple),
    note=st.none() | PHRASES,
)
INCIDENTS = st.builds(
    incident,
    app=NAMES,
    state=st.sampled_from(State),
    mode=st.sampled_from(Mode),
    level=st.sampled_from(Level),
    rate=MONEY,
    signals=st.lists(SIGNALS, max_size=5).map(tuple),
    signal_count=st.integers(min_value=0, max_value=10**6),
    proposal=st.none()
    | st.builds(
        Proposal,
        lever=st.sampled_from(sorted(KINDS)),
        steps=st.lists(STEPS, max_size=5).map(tuple),
        reasons=st.lists(PHRASES, max_size=12).map(tuple),
        uncovered=st.lists(PHRASES, max_size=12).map(tuple),
        unasked=st.lists(PHRASES, max_size=7).map(tuple),
    ),
    decision=st.none()
    | st.just(DECIDED)
    | st.builds(
        Decision,
        action=st.sampled_from(Action),
        by=NAMES,
        at=st.just(NOW),
        why=WORDS,
        approvers=st.lists(NAMES, max_size=2).map(tuple),
    ),
    until=st.none() | st.just(NOW),
    attempts=COUNTS,
    proof=st.none() | st.just(PROOF),
    assessment=st.none() | st.just(Assessment(at=NOW, running_away=True, complete=False)),
    ask=st.sampled_from(["", "ask-9"]),
    ceiling=st.none() | MONEY,
    holding=st.sampled_from([(), (TARGET,)]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(shown=INCIDENTS, owners=st.lists(NAMES, max_size=30), portuguese=st.booleans())
def test_no_incident_is_more_than_slack_can_show(shown: Incident, owners: list[str], portuguese: bool) -> None:
    """Whatever stands in it, Slack would draw it: by the SDK's limits and by the sandbox's."""
    app = replace(APP, owners=tuple(owners))
    blocks = blocks_of(shown, PORTUGUESE if portuguese else ENGLISH, app, "F0CHART000")
    assert check_blocks(blocks) == []
    assert sum(len(text_of([block], block["block_id"])) for block in blocks if block["type"] != "actions") < 13_000


def test_google_s_own_spend_caps_stand_in_the_message_what_pauses_first() -> None:
    """What is paused is in bold; of what is armed it is said about how full it is."""
    armed = SpendCap(
        id="b-1",
        name="vertex-cap",
        project="acme-chat-prod",
        service=VERTEX_BILLED,
        limit=brl("500"),
        state=CapState.CONFIGURED,
        spent=brl("400"),
    )
    used_up = replace(armed, id="b-2", name="run-cap", service="152E-C115-5142", state=CapState.ENFORCED)
    drawn = blocks_of(replace(incident(), caps=(armed, used_up)))
    (block,) = [one for one in drawn if one["block_id"] == "caps"]
    first, second = block["text"]["text"].split("\n")
    assert first.startswith("🛑 *Google's spend cap run-cap")
    assert "used up, so that Google has paused it" in first
    assert "armed; about 80% of it spent" in second


def drilled(**changes: Any) -> Incident:
    """An incident with nothing behind it but a fire drill."""
    nothing = brl("0")
    signal = replace(SIGNAL, kind=SignalKind.DRILL, observed=nothing, usual=nothing, window_minutes=0, driver="")
    return incident(signals=(replace(signal, detail=Phrase(DRILL_WHY)),), signal_count=1, **changes)


@pytest.mark.parametrize("state", [State.PROPOSED, State.THROTTLED, State.RESOLVED])
def test_a_drill_cannot_be_taken_for_a_runaway(state: State) -> None:
    """The title, the notification and the first lines say what it is; no money is shown, and no score."""
    drawing = draw(drilled(state=state), app=APP, chart="", language=ENGLISH, address=str)
    shown = json.dumps([block.to_dict() for block in drawing.blocks], ensure_ascii=False)
    title = drawing.blocks[0].to_dict()["text"]["text"]
    assert title.startswith("🧪 Fire drill, ")
    assert drawing.text.startswith("Fire drill, ")
    assert ("This is a fire drill." in shown) is (state is not State.RESOLVED)
    assert "a fire drill.*" in shown
    assert "nothing runs away" in shown
    for word in ("Billed", "Worst case", "score", "R$"):
        assert word not in shown, word


def test_a_drill_is_answered_like_a_real_one() -> None:
    """The brake that it would set, and the same buttons."""
    buttons = [
        element["action_id"]
        for block in draw(drilled(), app=APP, chart="", language=ENGLISH, address=str).blocks
        for element in block.to_dict().get("elements", [])
        if element.get("type") == "button"
    ]
    real = [
        element["action_id"]
        for block in draw(incident(), app=APP, chart="", language=ENGLISH, address=str).blocks
        for element in block.to_dict().get("elements", [])
        if element.get("type") == "button"
    ]
    assert buttons == real
    assert "throttle" in buttons
