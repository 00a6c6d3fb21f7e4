// Where a person writes: Enter sends, Shift+Enter makes a new line; a line that begins with / is a command.

import { el } from "./dom.js";

export function composer(form, send) {
  const field = el("textarea", { rows: "1", name: "text" });
  const button = el("button", { type: "submit", class: "button primary" });
  const sent = () => {
    const written = field.value.trim();
    field.value = "";
    if (written) send(written, button);
  };
  form.append(field, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sent();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    sent();
  });
  return (hint, label) => {
    field.placeholder = hint;
    field.setAttribute("aria-label", hint);
    button.textContent = label;
  };
}
