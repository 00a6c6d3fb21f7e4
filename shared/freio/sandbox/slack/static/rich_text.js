// The rich_text block: sections, lists, quotes, preformatted text. Its leaves are not mrkdwn and carry no escapes.

import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { link, mention } from "./mrkdwn.js";

export function richText(block, context) {
  return block.elements.map((part) => {
    switch (part.type) {
      case "rich_text_list":
        return el(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent ?? 0}` },
          part.elements.map((entry) => el("li", {}, leaves(entry, context))));
      case "rich_text_quote":
        return el("blockquote", {}, leaves(part, context));
      case "rich_text_preformatted":
        return el("pre", {}, leaves(part, context));
      default:
        return el("div", {}, leaves(part, context));
    }
  });
}

const leaves = (part, context) => part.elements.map((leaf) => styled(leaf, read(leaf, context)));

function read(leaf, context) {
  switch (leaf.type) {
    case "link": return link(leaf.url, leaf.text ?? leaf.url);
    case "user": return mention("@", leaf.user_id, context.personName(leaf.user_id));
    case "usergroup": return mention("@", leaf.usergroup_id, context.groupName(leaf.usergroup_id));
    case "channel": return mention("#", leaf.channel_id, context.channelName(leaf.channel_id));
    case "broadcast": return mention("@", leaf.range, leaf.range);
    case "emoji": return emoji(leaf.name) ?? `:${leaf.name}:`;
    case "date": return context.time.token(leaf.timestamp, leaf.format ?? "{date_long}") ?? leaf.fallback ?? "";
    default: return leaf.text;
  }
}

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };

const styled = (leaf, node) =>
  Object.entries(STYLES).reduce((inner, [name, tag]) => (leaf.style?.[name] ? el(tag, {}, inner) : inner), node);
