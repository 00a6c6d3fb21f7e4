// Blocks, to nodes.

import { el } from "./dom.js";
import { element, picture, text } from "./elements.js";
import { plain } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

// `options.act` is what a click calls; `options.typed` and `options.errors` belong to forms.
export function drawBlocks(blocks, context, options) {
  return blocks.map((block) =>
    el("div", { class: `block ${block.type}`, "data-block-id": block.block_id }, DRAW[block.type](block, context, options)));
}

const DRAW = {
  header: (block) => el("h3", {}, plain(block.text.text)),
  divider: () => el("hr"),
  section: (block, context, options) => [
    el("div", { class: "words" },
      block.text ? el("div", { class: "text" }, text(block.text, context)) : null,
      block.fields ? el("div", { class: "fields" }, block.fields.map((one) => el("div", { class: "text" }, text(one, context)))) : null),
    block.accessory ? el("div", { class: "accessory" }, element(block.accessory, context, options)) : null,
  ],
  actions: (block, context, options) => block.elements.map((one) => element(one, context, options)),
  context: (block, context) => block.elements.map((one) =>
    one.type === "image" ? picture(one) : el("span", { class: "text" }, text(one, context))),
  image: (block) => el("figure", {},
    block.title ? el("figcaption", {}, plain(block.title.text)) : null,
    el("a", { href: picture(block).src, target: "_blank", rel: "noopener noreferrer" }, picture(block))),
  rich_text: (block, context) => el("div", { class: "text" }, richText(block, context)),
  input: (block, context, options) => {
    const label = plain(block.label.text);
    // An input acts by itself only where the app asked for it.
    const inner = element(block.element, context, { ...options, label, act: block.dispatch_action ? options.act : undefined });
    const error = options.errors?.[block.block_id];
    if (error) inner.setAttribute("aria-invalid", "true");
    return [
      el("div", { class: "label", "aria-hidden": "true" }, label, block.optional ? el("small", {}, ` ${context.say("optional")}`) : null),
      inner,
      block.hint ? el("small", { class: "hint" }, plain(block.hint.text)) : null,
      error ? el("p", { class: "error", role: "alert" }, error) : null,
    ];
  },
};
