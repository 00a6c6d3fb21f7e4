"""People decide in the page, and what they decide reaches the control plane; in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from freio.domain.incident import State
from freio.sandbox.demo.cast import ANA, BRUNO, HELENA, PAT, RUI
from freio.sandbox.demo.stage import Stage
from tests.browser.conftest import KEPT, THROTTLED
from tests.browser.world import World, block, button, whisper, write

# One worker plays all of it: a stage takes seconds to set.
pytestmark = [pytest.mark.real, pytest.mark.xdist_group("stage")]

QUOTAS = "/v1beta1/projects/acme-chat-prod/services/aiplatform.googleapis.com/consumerQuotaMetrics"


def overrides(stage: Stage) -> list[int]:
    """The consumer overrides that stand in the project, read as anybody would: through the API."""
    reply = stage.google.handle("GET", QUOTAS, "view=FULL&pageSize=1000")
    assert reply.status == 200
    assert "nextPageToken" not in reply.body
    limits = [limit for metric in reply.body["metrics"] for limit in metric.get("consumerQuotaLimits", ())]
    standing = [b["consumerOverride"] for limit in limits for b in limit["quotaBuckets"] if "consumerOverride" in b]
    return [int(override.get("overrideValue", 0)) for override in standing]


def test_a_click_on_throttle_brakes_is_proved_and_may_be_raised(world: World) -> None:
    """From the button to an override that binds; a late click learns who was first; the cost owner gives more."""
    ana, late = world.channel(ANA), world.channel(BRUNO, deaf=True)
    message = world.message(ana, THROTTLED)
    expect(message.locator("figure img")).to_be_visible()
    expect(button(world.message(late, THROTTLED), "throttle")).to_be_visible()
    assert overrides(world.stage) == []

    button(message, "throttle").click()
    expect(message.locator("h3")).to_contain_text("freado")
    expect(block(message, "decision")).to_contain_text("frear, por @Ana Souza")
    step = world.incident(THROTTLED).proposal
    assert step is not None
    assert overrides(world.stage) == [step.steps[0].value]

    button(world.message(late, THROTTLED), "throttle").click()
    bruno = world.channel(BRUNO)
    expect(whisper(bruno, "já decidiu")).to_contain_text("Nada mudou: @Ana Souza já decidiu: frear")

    world.pass_until(lambda: world.is_proved(THROTTLED), hours=1)
    expect(block(message, "proof")).to_contain_text("Prova: o freio segura. ")

    write(bruno, f"/freio ask {THROTTLED} 1.500,00 +6h campanha de hoje")
    expect(whisper(bruno, "pedido")).to_contain_text("Seu pedido foi enviado")
    rui = world.channel(RUI, thread=world.ts(THROTTLED))
    request = rui.locator("#replies .message", has_text="Pedido para")
    expect(request).to_contain_text("R$ 1.500")
    button(request, "approve").click()
    expect(rui.locator("#replies")).to_contain_text("Aprovado por @Rui Castro")
    expect(block(message, "decision")).to_contain_text("aumentar o limite, por @Bruno Lima")
    raised = world.incident(THROTTLED).proposal
    assert raised is not None
    assert raised.steps[0].value > step.steps[0].value
    assert overrides(world.stage) == [raised.steps[0].value]


def test_the_form_of_keep_running_wants_an_amount_and_its_decision_stands_in_the_message(world: World) -> None:
    """A wrong amount keeps the form open and says why; the right one closes it."""
    page = world.channel(HELENA)
    message = world.message(page, KEPT)
    button(message, "keep_more").click()
    form = page.locator("#modal form")
    expect(form).to_be_visible()
    button(form, "amount").fill("1,234.56")
    button(form, "why").fill("lançamento do catálogo")
    form.locator("[type=submit]").click()
    expect(form.locator(".error")).to_have_text("Escreva um valor maior que zero, por exemplo 1.234,56.")
    expect(button(form, "why")).to_have_value("lançamento do catálogo")

    button(form, "amount").fill("2.000,00")
    form.locator("[type=submit]").click()
    expect(form).to_be_hidden()
    expect(message.locator("h3")).to_contain_text("mantido rodando")
    decision = block(message, "decision")
    expect(decision).to_contain_text("manter rodando, por @Helena Prado")
    expect(decision).to_contain_text("Com mais R$ 2.000. Motivo: lançamento do catálogo")
    assert world.incident(KEPT).state is State.OVERRIDDEN


def test_a_slash_command_is_answered_to_its_writer_alone(world: World) -> None:
    """What is open, in the writer's own language; and to nobody else."""
    page, english, other = world.channel(ANA), world.channel(PAT), world.channel(RUI)
    write(page, "/freio status")
    for app in (THROTTLED, KEPT):
        expect(whisper(page, app)).to_contain_text("neste mês")
    write(english, "/freio status")
    expect(whisper(english, KEPT)).to_contain_text("this month")
    expect(whisper(english, KEPT)).to_contain_text("Only visible to you")
    write(page, "/freio ajuda")
    expect(whisper(page, "/freio ask")).to_contain_text("pede mais aos responsáveis pelo custo")
    expect(world.message(other, KEPT)).to_be_visible()
    expect(whisper(other, "neste mês")).to_have_count(0)


def test_the_browser_has_nothing_to_complain_of(world: World) -> None:
    """Every script, style and picture came, and nothing broke in the page."""
    page = world.channel(ANA)
    picture = world.message(page, KEPT).locator("figure img")
    expect(picture).to_be_visible()
    picture.evaluate("one => one.decode()")  # visible is not yet loaded
    assert picture.evaluate("one => one.naturalWidth > 500")
    assert world.problems == []
