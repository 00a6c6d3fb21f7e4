// Messages, in the channel and in a thread.

import { drawBlocks } from "./blocks.js";
import { el, reconcile } from "./dom.js";
import { collect } from "./elements.js";
import { mrkdwn, plain } from "./mrkdwn.js";

export function showMessages(parent, messages, context, { inThread } = {}) {
  const bottom = atBottom(parent);
  const items = [];
  let day = "";
  let before = null;
  for (const message of messages) {
    const seconds = Number(message.ts);
    if (!inThread && context.time.day(seconds) !== day) {
      day = context.time.day(seconds);
      const label = context.time.forms.date_long_pretty(seconds);
      items.push({ key: `day-${day}`, state: label, draw: () => el("h4", { class: "day" }, el("span", {}, label)) });
    }
    const goesOn = continues(before, message);
    before = message;
    const state = JSON.stringify([message, goesOn, context.version]);
    items.push({ key: message.ts, state, draw: () => draw(message, context, { inThread, goesOn }) });
  }
  if (!messages.length) {
    items.push({ key: "empty", state: context.version, draw: () => el("p", { class: "empty" }, context.say("empty")) });
  }
  reconcile(parent, items);
  if (bottom) parent.scrollTop = parent.scrollHeight;
}

// Whoever reads the newest message goes on reading the newest, also when a picture above it loads late.
export function follow(parent) {
  let following = true;
  parent.addEventListener("scroll", () => { following = atBottom(parent); });
  parent.addEventListener("load", () => { if (following) parent.scrollTop = parent.scrollHeight; }, true);
}

const TOGETHER = 300; // seconds

const atBottom = (parent) => parent.scrollHeight - parent.scrollTop - parent.clientHeight < 80;

// Short lines of the same author, one soon after the other, stand under one name.
function continues(before, message) {
  return before !== null && before.user === message.user && isShort(before) && isShort(message)
    && Boolean(before.ephemeral) === Boolean(message.ephemeral) && Number(message.ts) - Number(before.ts) < TOGETHER;
}

const isShort = (message) => !message.blocks?.some((block) => ["header", "actions", "image"].includes(block.type));

function draw(message, context, { inThread, goesOn }) {
  const author = context.byId[message.user];
  const node = el("article", {
    class: `message ${message.ephemeral ? "ephemeral" : ""} ${goesOn ? "goes-on" : ""}`, "data-message-ts": message.ts, "data-person": message.user,
    "data-ephemeral": message.ephemeral ? "true" : undefined, "aria-label": author.name,
  });
  const act = (actionId, value, clicked) =>
    context.act("click", { channel: context.channel, ts: message.ts, edited: message.edited?.ts ?? null, action_id: actionId, value, values: collect(node) }, clicked);
  node.append(
    avatar(author),
    el("div", { class: "body" },
      message.ephemeral ? el("p", { class: "private" }, `◉ ${context.say("ephemeral")}`) : null,
      el("header", {},
        el("strong", {}, author.name),
        author.is_bot ? el("span", { class: "badge" }, context.say("app")) : null,
        author.is_guest ? el("span", { class: "badge" }, context.say("guest")) : null,
        el("time", { datetime: new Date(Number(message.ts) * 1000).toISOString(), title: context.time.forms.date_long(Number(message.ts)) },
          context.time.forms.time(Number(message.ts))),
        message.edited ? el("span", { class: "edited" }, context.say("edited")) : null),
      message.blocks ? drawBlocks(message.blocks, context, { act }) : el("div", { class: "text" }, mrkdwn(message.text, context)),
      (message.files ?? []).map((file) => attachment(file)),
      inThread || message.ephemeral ? null : threadLink(message, context)));
  return node;
}

export function avatar(person) {
  const initials = person.name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const node = el("span", { class: `avatar ${person.is_bot ? "bot" : ""}`, "aria-hidden": "true" }, initials);
  const hue = [...person.id].reduce((sum, sign) => (sum * 31 + sign.codePointAt(0)) % 360, 7);
  node.style.setProperty("--hue", hue);
  return node;
}

function attachment(file) {
  const address = `/files/${file.id}`;
  if (!file.mimetype.startsWith("image/")) {
    return el("a", { class: "file", href: address, download: file.name, "data-file-id": file.id }, `📄 ${file.title}`);
  }
  return el("figure", { class: "file", "data-file-id": file.id },
    el("figcaption", {}, plain(file.title)), el("img", { src: address, alt: file.alt_txt || file.title }));
}

function threadLink(message, context) {
  const count = message.reply_count ?? 0;
  const words = count === 0 ? context.say("start_thread") : count === 1 ? context.say("one_reply") : context.say("replies", { count });
  return el("button", {
    type: "button", class: `thread-link ${count ? "" : "quiet"}`, "data-thread-ts": message.ts, onclick: () => context.openThread(message.ts),
  }, words);
}
