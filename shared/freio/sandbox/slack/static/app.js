// The page: asks what the acting person sees, draws it, and asks again whenever the workspace says it changed.

import { composer } from "./composer.js";
import { el } from "./dom.js";
import { follow, showMessages } from "./messages.js";
import { askFirst, showModal } from "./modal.js";
import { showPeople, showPlaces } from "./sidebar.js";
import { words } from "./strings.js";
import { clock } from "./time.js";

const by = (id) => document.getElementById(id);
const where = new URLSearchParams(location.search);
const chosen = { person: where.get("person") ?? "", channel: where.get("channel") ?? "", thread: where.get("thread") ?? "" };
let acting = [];
let context = null;

async function ask(path) {
  const reply = await fetch(path);
  if (!reply.ok) throw new Error((await reply.json()).error);
  return reply.json();
}

// What every drawing needs to know: names, words and times as the acting person reads them, and how to act.
function contextOf(state) {
  const byId = Object.fromEntries(state.people.map((person) => [person.id, person]));
  const say = words(state.person.locale);
  const name = (list, id, field) => list.find((one) => one.id === id)?.[field];
  return {
    ...state,
    byId,
    say,
    time: clock({ person: state.person, now: state.now, say }),
    // Whoever reads, and the day they read on, are part of how everything is drawn.
    version: JSON.stringify([state.person, state.people.length, Math.floor(state.now / 86400)]),
    personName: (id) => byId[id]?.name,
    groupName: (id) => name(state.groups, id, "handle"),
    channelName: (id) => name(state.channels, id, "name"),
    placeName: (place) => (place.is_im ? byId[place.partner].name : place.name),
    openThread: (ts) => choose({ thread: ts }),
    confirm: (spec, go) => askFirst(by("confirm"), spec, context, go),
    act,
  };
}

function draw(state) {
  context = contextOf(state);
  document.documentElement.lang = state.person.locale;
  document.body.dataset.person = state.person.id;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = context.say(node.dataset.word);
  by("menu").setAttribute("aria-label", context.say("menu"));
  by("thread-close").setAttribute("aria-label", context.say("close"));
  const place = state.channels.find((one) => one.id === state.channel);
  const title = place ? (place.is_im ? context.placeName(place) : `#${place.name}`) : "";
  by("place").textContent = title;
  document.title = `${title} · ${state.team}`;
  showPeople(by("person"), acting, context);
  showPlaces(by("channels"), by("directs"), context, { chosen: state.channel, seen: remember(place), go: (id) => choose({ channel: id, thread: "" }) });
  showMessages(by("messages"), state.messages, context);
  by("thread").hidden = !state.thread;
  if (state.thread) showMessages(by("replies"), state.thread.messages, context, { inThread: true });
  showModal(by("modal"), state.view, context);
  writeHere(context.say("write", { place: title }), context.say("send"));
  writeInThread(context.say("reply"), context.say("send"));
}

// The newest message that this person has seen of each channel, for as long as the tab is open.
function remember(place) {
  const key = `seen ${chosen.person}`;
  const seen = JSON.parse(sessionStorage.getItem(key) ?? "{}");
  if (place) seen[place.id] = place.latest;
  sessionStorage.setItem(key, JSON.stringify(seen));
  return seen;
}

let asking = false;
let again = false;

// One question at a time; changes in the meantime are one more question.
async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    do {
      again = false;
      draw(await ask(`/page/state?${new URLSearchParams(chosen)}`));
    } while (again);
  } finally {
    asking = false;
  }
}

async function act(deed, data, pressed) {
  pressed?.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(`/page/${deed}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ person: chosen.person, ...data }),
    });
    const { ack, error } = await reply.json();
    const word = error ?? ack?.error;
    // What a command failed with stands in the channel; what a form lacks stands in the form.
    if (word && word !== "not_sent" && ack?.kind !== "command") toast(word);
  } finally {
    pressed?.removeAttribute("aria-busy");
  }
  await refresh();
}

function toast(word) {
  const keys = { operation_timeout: "not_answered", invalid_response: "trouble" };
  const node = el("div", { class: "toast", "data-error": word }, context.say(keys[word] ?? "failed", { error: word }));
  by("toasts").append(node);
  setTimeout(() => node.remove(), 8000);
}

function choose(changes) {
  Object.assign(chosen, changes);
  history.replaceState(null, "", `?${new URLSearchParams(Object.entries(chosen).filter(([, value]) => value))}`);
  openMenu(false);
  return refresh();
}

function openMenu(open) {
  document.body.classList.toggle("menu-open", open);
  by("menu").setAttribute("aria-expanded", String(open));
}

const say = (thread) => (written, button) => act("say", { channel: context.channel, text: written, thread: thread() }, button);
const writeHere = composer(by("composer"), say(() => null));
const writeInThread = composer(by("thread-composer"), say(() => chosen.thread));

follow(by("messages"));
follow(by("replies"));
by("menu").addEventListener("click", () => openMenu(!document.body.classList.contains("menu-open")));
by("thread-close").addEventListener("click", () => choose({ thread: "" }));
by("person").addEventListener("change", (event) => choose({ person: event.target.value, thread: "" }));

acting = (await ask("/page/people")).people;
if (!acting.includes(chosen.person)) [chosen.person] = acting;
new EventSource("/page/events").addEventListener("message", refresh);
