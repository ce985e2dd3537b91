// Discord's tab: channels at the left, messages kept in place while they change, and the composer below.

import { avatar, byId, el, followEnd, send } from "./dom.js";
import { Composer } from "./discord-composer.js";
import { BOT, message, typed } from "./discord-message.js";

const DIRECT = "dc-direct";

export class Discord {
  constructor() {
    this.state = null;
    this.open = null;
    this.shown = new Map();
    this.seen = new Map();
    this.dismissed = new Set();
    this.toEnd = followEnd(byId("dc-scroll"), byId("dc-messages"));
    this.composer = new Composer(this);
    byId("dc-rooms").addEventListener("keydown", (event) => this.move(event));
  }

  /** Takes in what the current person sees now. */
  show(state) {
    const stranger = this.state?.me.id !== state.me.id;
    this.state = state;
    this.open ??= state.channels[0].id;
    byId("dc-guild").textContent = state.guild.name;
    this.drawRooms();
    this.drawMessages(stranger);
    if (stranger) this.composer.become();
  }

  names() {
    const { people, channels, bot } = this.state;
    return {
      user: (id) => (id === bot ? BOT.name : shownName(people.find((p) => p.id === id))),
      channel: (id) => channels.find((c) => c.id === id)?.name ?? null,
      everybody: () => people.map((p) => ({ value: p.id, label: shownName(p) })),
    };
  }

  person(id) {
    if (id === this.state.bot) return BOT;
    return { id, name: this.names().user(id) ?? id };
  }

  get channel() {
    return this.open === DIRECT ? this.state.direct : this.open;
  }

  get isDirect() {
    return this.open === DIRECT;
  }

  // ---- channels

  rooms() {
    return [...this.state.channels.map((c) => ({ key: c.id, label: c.name, channel: c.id })), { key: DIRECT, label: "Glasskey", channel: this.state.direct }];
  }

  drawRooms() {
    const focused = document.activeElement?.closest?.(".dc-room")?.dataset.key;
    const rooms = this.rooms().map((room) => this.room(room));
    byId("dc-rooms").replaceChildren(...rooms);
    if (focused) rooms.find((r) => r.dataset.key === focused)?.focus();
  }

  room({ key, label, channel }) {
    const isOpen = key === this.open;
    const count = isOpen && this.isInFront ? 0 : this.unread(channel);
    const badge = count > 0 && el("span", { class: "dc-unread" }, String(count), el("span", { class: "sr" }, " unread"));
    const sign = key === DIRECT ? avatar(BOT) : el("span", { class: "dc-hash", "aria-hidden": "true" }, "#");
    return el("button", {
      class: "dc-room", type: "button", role: "tab", "aria-selected": String(isOpen), "aria-controls": "dc-scroll",
      tabindex: isOpen ? "0" : "-1", data: { key }, onclick: () => this.enter(key),
    }, sign, el("span", { class: "dc-room-name" }, label, key === DIRECT && el("span", { class: "sr" }, ", direct messages")), badge);
  }

  enter(key) {
    this.open = key;
    this.drawMessages(true);
    this.drawRooms();
    this.composer.become();
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const keys = this.rooms().map((r) => r.key);
    const next = keys[(keys.indexOf(this.open) + step + keys.length) % keys.length];
    this.enter(next);
    byId("dc-rooms").querySelector(`[data-key="${next}"]`).focus();
    event.preventDefault();
  }

  /** Whether the person looks at this tab: only then anything counts as read. */
  get isInFront() {
    return !byId("discord-pane").hidden;
  }

  /** The tab came to the front. */
  appear() {
    if (!this.state) return;
    this.drawMessages(true);
    this.drawRooms();
  }

  // ---- what is new

  items(channel) {
    return this.state.timeline.map(unwrapped).filter((item) => item.channel === channel && !this.dismissed.has(item.id));
  }

  unread(channel) {
    const last = this.seen.get(`${this.state.me.id} ${channel}`) ?? "";
    return this.items(channel).filter((item) => item.id > last && item.line === undefined && item.author !== this.state.me.id).length;
  }

  unreadAnywhere() {
    if (!this.state) return 0;
    return this.rooms().reduce((sum, room) => sum + this.unread(room.channel), 0);
  }

  /** How many direct messages of somebody wait to be read. */
  waiting(handle) {
    return Math.max(0, (this.state?.direct_counts[handle] ?? 0) - (this.seen.get(`${handle} count`) ?? 0));
  }

  markRead(items) {
    if (!this.isInFront) return;
    const last = items.at(-1)?.id;
    if (last) this.seen.set(`${this.state.me.id} ${this.channel}`, last);
    const { handle } = this.state.me;
    if (this.isDirect) this.seen.set(`${handle} count`, this.state.direct_counts[handle]);
  }

  // ---- messages

  drawMessages(fresh) {
    const items = this.items(this.channel);
    const list = byId("dc-messages");
    byId("dc-news").setAttribute("aria-live", fresh ? "off" : "polite");
    if (fresh) {
      list.replaceChildren();
      this.shown.clear();
    }
    this.place(list, items, fresh);
    this.drawEmpty(items.length === 0);
    this.markRead(items);
    if (fresh) this.toEnd();
  }

  place(list, items, fresh) {
    const ids = new Set(items.map((item) => item.id));
    for (const [id, { node }] of this.shown) {
      if (ids.has(id)) continue;
      node.remove();
      this.shown.delete(id);
    }
    items.forEach((item, n) => {
      const said = JSON.stringify(item);
      const old = this.shown.get(item.id);
      if (old?.said === said) return;
      const node = this.message(item);
      if (old) this.swap(old.node, node);
      else list.insertBefore(node, list.children[n] ?? null);
      if (!fresh) node.classList.add(old ? "changed" : "fresh");
      this.shown.set(item.id, { node, said });
    });
  }

  /** Puts the new state of a message in its place and keeps the focus where it was, if it still can be there. */
  swap(old, node) {
    const focused = old.contains(document.activeElement) && document.activeElement.dataset.action;
    old.replaceWith(node);
    if (!focused) return;
    const again = [...node.querySelectorAll("[data-action]")];
    (again.find((e) => e.dataset.action === focused) ?? again[0] ?? this.composer.line).focus({ preventScroll: true });
  }

  message(item) {
    if (item.line !== undefined) return typed(item, this.person(item.user).name, this.names());
    return message(item, {
      names: this.names(),
      person: (id) => this.person(id),
      dismiss: (one) => this.dismiss(one),
      act: (...used) => this.use(...used),
    });
  }

  dismiss(item) {
    this.dismissed.add(item.id);
    this.drawMessages(false);
    this.composer.line.focus();
  }

  async use(item, component, chosen, control) {
    if (control.getAttribute("aria-disabled") === "true") return;
    control.setAttribute("aria-disabled", "true");
    await this.tell("click", { as: this.state.me.handle, channel: item.channel, message: item.id, what: component.custom_id, chosen });
    control.removeAttribute("aria-disabled");
  }

  drawEmpty(isEmpty) {
    byId("dc-empty").hidden = !isEmpty;
    const name = this.names().user(this.state.me.id).split(" ")[0];
    const words = this.isDirect
      ? ["This is the beginning of your direct messages with Glasskey.", `When something concerns ${name}, it is said here.`]
      : [`Welcome to #${this.names().channel(this.open)}!`, "Type / below: commands show themselves, with their options. An account that is not linked says /elevate link first."];
    byId("dc-empty").replaceChildren(el("strong", {}, words[0]), words[1]);
  }

  /** Sends an act of the person; what went wrong is said under the composer. */
  async tell(what, body) {
    const notice = byId("dc-notice");
    notice.textContent = "";
    try {
      const told = await send(`/ui/discord/${what}`, body);
      if (told.failure) notice.textContent = words(told.failure);
      return told;
    } catch (error) {
      notice.textContent = `The playground did not answer: ${error.message}`;
      return { failure: error.message };
    }
  }
}

const shownName = (person) => person && (person.nick ?? person.name ?? person.handle);

/** A message, or a typed line; both have an id and a channel. */
const unwrapped = (entry) => entry.message ?? entry.typed;

function words(failure) {
  const known = {
    did_not_respond: "The application did not respond",
    no_session: "The application did not respond: Glasskey is not connected to Discord",
    no_such_message: "That message is gone",
  };
  const [name, rest = ""] = failure.split(": ");
  if (name === "required") return `${rest}: This option is required`;
  if (name === "not_valid") return `${failure.slice(name.length + 2)} is not valid`;
  return known[failure] ?? failure;
}
