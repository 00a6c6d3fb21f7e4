// The modal on top of the acting person's stack, and the confirmation that a button may ask for.

import { drawBlocks } from "./blocks.js";
import { el } from "./dom.js";
import { collect, text } from "./elements.js";
import { plain } from "./mrkdwn.js";

// Drawn anew only when the app changed the view or its errors: what is being typed stays.
export function showModal(dialog, view, context) {
  const state = view && JSON.stringify([view.id, view.hash, view.errors, context.version]);
  if (!view) {
    dialog.close();
    dialog.drawnFrom = null;
    return;
  }
  if (dialog.drawnFrom === state) return;
  const same = dialog.drawnView === `${view.id} ${view.hash}`;
  const typed = same ? { ...view.typed, ...collect(dialog) } : view.typed;
  dialog.drawnFrom = state;
  dialog.drawnView = `${view.id} ${view.hash}`;
  dialog.replaceChildren(form(dialog, { ...view, typed }, context));
  dialog.oncancel = (event) => {
    event.preventDefault();
    context.act("close", { view: view.id });
  };
  if (!dialog.open) dialog.showModal();
}

function form(dialog, view, context) {
  const leave = () => context.act("close", { view: view.id });
  const act = (actionId, value, clicked) =>
    context.act("click", { view: view.id, action_id: actionId, value, values: collect(dialog) }, clicked);
  const send = el("button", { type: "submit", class: "button primary" }, view.submit ? plain(view.submit.text) : "");
  const sent = (event) => {
    event.preventDefault();
    context.act("submit", { view: view.id, values: collect(dialog) }, send);
  };
  return el("form", { method: "dialog", novalidate: true, "data-view-id": view.id, "data-callback-id": view.callback_id, onsubmit: sent },
    el("header", {},
      el("h2", { id: "modal-title" }, plain(view.title.text)),
      el("button", { type: "button", class: "icon", "aria-label": context.say("close"), onclick: leave }, "✕")),
    el("div", { class: "scroll" }, drawBlocks(view.blocks, context, { act, typed: view.typed, errors: view.errors })),
    el("footer", {},
      el("button", { type: "button", class: "button", onclick: leave }, view.close ? plain(view.close.text) : context.say("cancel")),
      view.submit ? send : null));
}

export function askFirst(dialog, confirm, context, go) {
  const answer = (yes) => () => {
    dialog.close();
    if (yes) go();
  };
  dialog.replaceChildren(el("div", {},
    el("header", {}, el("h2", { id: "confirm-title" }, plain(confirm.title.text))),
    el("div", { class: "scroll text" }, text(confirm.text, context)),
    el("footer", {},
      el("button", { type: "button", class: "button", "data-confirm": "deny", onclick: answer(false) }, plain(confirm.deny.text)),
      el("button", { type: "button", class: `button ${confirm.style ?? "primary"}`, "data-confirm": "confirm", onclick: answer(true) },
        plain(confirm.confirm.text)))));
  dialog.showModal();
}
