// Who acts, and where: the person switcher, the channels, the direct messages.

import { el, reconcile } from "./dom.js";
import { avatar } from "./messages.js";

export function showPeople(select, acting, context) {
  reconcile(select, acting.map((id) => {
    const { name } = context.byId[id];
    return { key: id, state: name, draw: () => el("option", { value: id, "data-person": id }, name) };
  }));
  select.value = context.person.id;
}

export function showPlaces(channels, directs, context, { chosen, seen, go }) {
  const entry = (place) => {
    const unread = place.id !== chosen && place.latest > (seen[place.id] ?? "");
    const partner = place.is_im ? context.byId[place.partner] : null;
    return {
      key: place.id,
      state: JSON.stringify([place.id === chosen, unread, context.version]),
      draw: () => el("li", {}, el("button", {
        type: "button", class: unread ? "unread" : "", "data-channel-id": place.id, onclick: () => go(place.id),
        "aria-current": place.id === chosen ? "page" : undefined,
      }, partner ? avatar(partner) : el("span", { class: "hash", "aria-hidden": "true" }, "#"),
      el("span", { class: "name" }, context.placeName(place)),
      unread ? el("span", { class: "dot", title: context.say("unread") }) : null)),
    };
  };
  reconcile(channels, context.channels.filter((place) => !place.is_im).map(entry));
  reconcile(directs, context.channels.filter((place) => place.is_im).map(entry));
}
