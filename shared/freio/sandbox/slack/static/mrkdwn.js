// Slack's mrkdwn, to nodes. The three escapes are undone once, at the leaves, and never looked at again.

import { el } from "./dom.js";
import { emoji } from "./emoji.js";

const ESCAPES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
export const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (found) => ESCAPES[found]);

// A marked run: neither inside a word nor beside a blank on its inner side; a <token> inside counts as one sign.
const run = (mark) =>
  `(?<![\\p{L}\\p{N}${mark}])${mark}(?!\\s)((?:<[^<>\\n]+>|[^${mark}\\n])+?)(?<!\\s)${mark}(?![\\p{L}\\p{N}${mark}])`;
const INLINE = new RegExp(
  ["`([^`\\n]+)`", "<([^<>\\n]+)>", run("\\*"), run("_"), run("~"), ":([a-z0-9_+'-]+):"].join("|"), "gu",
);

export function mrkdwn(text, context) {
  const nodes = [];
  text.split(/```\n?([\s\S]*?)```\n?/).forEach((part, place) => {
    if (place % 2) nodes.push(el("pre", {}, ...tokensOnly(part, context)));
    else if (part) nodes.push(...quotes(part, context));
  });
  return nodes;
}

export function plain(text) {
  return unescape(text).replace(/:([a-z0-9_+'-]+):/g, (found, name) => emoji(name) ?? found);
}

// Lines that begin with > (escaped or not) are quoted together.
function quotes(text, context) {
  const nodes = [];
  let quoted = null;
  const lines = text.split("\n");
  lines.forEach((line, place) => {
    const inner = line.match(/^(?:&gt;|>) ?(.*)$/);
    const end = place < lines.length - 1 ? "\n" : "";
    if (inner) {
      quoted ??= nodes[nodes.push(el("blockquote")) - 1];
      quoted.append(...inline(inner[1] + end, context));
    } else {
      quoted = null;
      nodes.push(...inline(line + end, context));
    }
  });
  return nodes;
}

function inline(text, context) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > end) nodes.push(unescape(text.slice(end, found.index)));
    end = found.index + found[0].length;
    const [whole, code, inToken, bold, italic, strike, sign] = found;
    if (code) nodes.push(el("code", {}, ...tokensOnly(code, context)));
    else if (inToken) nodes.push(token(inToken, context));
    else if (bold) nodes.push(el("strong", {}, ...inline(bold, context)));
    else if (italic) nodes.push(el("em", {}, ...inline(italic, context)));
    else if (strike) nodes.push(el("s", {}, ...inline(strike, context)));
    else nodes.push(emoji(sign) ?? whole);
  }
  if (end < text.length) nodes.push(unescape(text.slice(end)));
  return nodes;
}

// In code, marks are signs like any other, but links and mentions still work.
function tokensOnly(text, context) {
  return text.split(/<([^<>\n]+)>/).map((part, place) => (place % 2 ? token(part, context) : unescape(part)));
}

function token(inside, context) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : unescape(inside.slice(bar + 1));
  if (target.startsWith("@")) return mention("@", target.slice(1), context.personName(target.slice(1)) ?? label);
  if (target.startsWith("#")) return mention("#", target.slice(1), context.channelName(target.slice(1)) ?? label);
  if (target.startsWith("!subteam^")) {
    const id = target.slice("!subteam^".length);
    return mention("@", id, context.groupName(id) ?? label.replace(/^@/, ""));
  }
  if (target.startsWith("!date^")) return date(target, label, context);
  if (target.startsWith("!")) return mention("@", target.slice(1), target.slice(1));
  return link(unescape(target), label || unescape(target));
}

export function mention(sign, id, name) {
  return el("span", { class: "mention", "data-mention": id }, `${sign}${name || id}`);
}

export function link(address, label) {
  if (!/^(https?:|mailto:)/i.test(address)) return `<${address}>`;
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

function date(target, fallback, context) {
  const [, seconds, format, address] = target.split("^");
  const text = context.time.token(Number(seconds), format ?? "") ?? fallback;
  return address ? link(unescape(address), text) : el("time", { datetime: iso(seconds) }, text);
}

const iso = (seconds) => (Number.isFinite(Number(seconds)) ? new Date(Number(seconds) * 1000).toISOString() : undefined);
