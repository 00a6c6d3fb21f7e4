// What people click and fill in. A node that holds a value says it through `plainValue`, in the plain form that
// inputs.py describes; a node that acts calls `act(actionId, value)`.

import { el } from "./dom.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { fromLocal, toLocal } from "./time.js";

export function collect(root) {
  const values = {};
  for (const node of root.querySelectorAll("[data-action-id]")) {
    if (node.plainValue) values[node.dataset.actionId] = node.plainValue();
  }
  return values;
}

export const text = (object, context) => (object.type === "mrkdwn" ? mrkdwn(object.text, context) : [plain(object.text)]);

const optionsOf = (element) => [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)];

function first(element, typed) {
  if (typed && element.action_id in typed) return typed[element.action_id];
  const option = element.initial_options?.map((one) => one.value) ?? element.initial_option?.value;
  return option ?? element.initial_value ?? element.initial_date ?? element.initial_time
    ?? element.initial_date_time ?? element.initial_user ?? null;
}

// `typed` holds the values that a form starts from; `act` is absent where an element only holds a value.
export function element(spec, context, { act, typed, label } = {}) {
  const common = { "data-action-id": spec.action_id, "aria-label": label };
  const value = first(spec, typed);
  const changed = act ? (node) => confirmed(spec, context, () => act(spec.action_id, node.plainValue(), node)) : () => {};
  switch (spec.type) {
    case "button": return button(spec, context, common, act);
    case "overflow": return overflow(spec, context, common, act);
    case "static_select": return select(spec, context, common, value, changed);
    case "multi_static_select": return multiple(spec, common, value, changed);
    case "users_select": return people(spec, context, common, value, changed);
    case "radio_buttons": return choices("radio", spec, context, common, value, changed);
    case "checkboxes": return choices("checkbox", spec, context, common, value, changed);
    case "datetimepicker": return moment(context, common, value, changed);
    case "image": return picture(spec);
    default: return field(spec, common, value, changed);
  }
}

function confirmed(spec, context, go) {
  if (spec.confirm) context.confirm(spec.confirm, go);
  else go();
}

function button(spec, context, common, act) {
  const node = el("button", {
    ...common, type: "button", class: `button ${spec.style ?? ""}`, "data-value": spec.value,
    "aria-label": spec.accessibility_label,
    onclick: () => confirmed(spec, context, () => {
      if (spec.url) window.open(spec.url, "_blank", "noopener");
      act(spec.action_id, null, node);
    }),
  }, plain(spec.text.text));
  return node;
}

function overflow(spec, context, common, act) {
  const menu = el("div", { class: "menu", role: "menu", hidden: true }, spec.options.map((option) =>
    el("button", {
      type: "button", role: "menuitem", "data-value": option.value,
      onclick: () => {
        menu.hidden = true;
        confirmed(spec, context, () => act(spec.action_id, option.value, opener));
      },
    }, plain(option.text.text))));
  const opener = el("button", {
    ...common, type: "button", class: "button more", "aria-haspopup": "menu", "aria-label": context.say("more"),
    onclick: () => { menu.hidden = !menu.hidden; },
  }, "⋯");
  return el("div", {
    class: "overflow",
    onkeydown: (event) => { if (event.key === "Escape") menu.hidden = true; },
    onfocusout: (event) => { if (!event.currentTarget.contains(event.relatedTarget)) menu.hidden = true; },
  }, opener, menu);
}

function select(spec, context, common, value, changed) {
  const offer = (option) =>
    el("option", { value: option.value, selected: option.value === value }, plain(option.text.text));
  const node = el("select", { ...common, onchange: () => changed(node) },
    el("option", { value: "", selected: value === null }, spec.placeholder ? plain(spec.placeholder.text) : context.say("choose")),
    (spec.options ?? []).map(offer),
    (spec.option_groups ?? []).map((group) => el("optgroup", { label: plain(group.label.text) }, group.options.map(offer))));
  node.plainValue = () => node.value || null;
  return node;
}

function multiple(spec, common, value, changed) {
  const node = el("select", { ...common, multiple: true, onchange: () => changed(node) }, optionsOf(spec).map((option) =>
    el("option", { value: option.value, selected: (value ?? []).includes(option.value) }, plain(option.text.text))));
  node.plainValue = () => [...node.selectedOptions].map((option) => option.value);
  return node;
}

function people(spec, context, common, value, changed) {
  const options = context.people.filter((person) => !person.is_bot && !person.deleted)
    .map((person) => ({ value: person.id, text: { text: person.name } }));
  return select({ ...spec, options }, context, common, value, changed);
}

function choices(kind, spec, context, common, value, changed) {
  const chosen = [value ?? []].flat();
  const name = `choice-${Math.random()}`;
  const boxes = spec.options.map((option) =>
    el("input", { type: kind, name, value: option.value, checked: chosen.includes(option.value), onchange: () => changed(node) }));
  const node = el("div", { ...common, class: "choices", role: kind === "radio" ? "radiogroup" : "group" },
    spec.options.map((option, place) => el("label", {}, boxes[place], el("span", {}, text(option.text, context),
      option.description ? el("small", {}, text(option.description, context)) : null))));
  const ticked = () => boxes.filter((box) => box.checked).map((box) => box.value);
  node.plainValue = kind === "radio" ? () => ticked()[0] ?? null : ticked;
  return node;
}

function moment(context, common, value, changed) {
  const tz = context.person.tz;
  const node = el("input", {
    ...common, type: "datetime-local", value: value === null ? "" : toLocal(value, tz), onchange: () => changed(node),
  });
  node.plainValue = () => fromLocal(node.value, tz);
  return node;
}

const KINDS = { datepicker: "date", timepicker: "time", email_text_input: "email", url_text_input: "url" };

function field(spec, common, value, changed) {
  const several = spec.type === "plain_text_input" && spec.multiline;
  const node = el(several ? "textarea" : "input", {
    ...common, type: several ? undefined : KINDS[spec.type] ?? "text", rows: several ? "4" : undefined,
    inputmode: spec.type === "number_input" ? (spec.is_decimal_allowed ? "decimal" : "numeric") : undefined,
    placeholder: spec.placeholder ? plain(spec.placeholder.text) : undefined, autofocus: spec.focus_on_load,
    onchange: () => changed(node),
  });
  node.value = value ?? "";
  node.plainValue = () => node.value || null;
  return node;
}

export function picture(spec) {
  const address = spec.slack_file ? `/files/${spec.slack_file.id ?? spec.slack_file.url.split("/").at(-1)}` : spec.image_url;
  return el("img", { src: address, alt: plain(spec.alt_text) });
}
