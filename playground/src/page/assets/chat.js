// The conversation at the left: tabs, messages kept in place while they change, the composer with its memory.

import { kit } from "./blocks.js";
import { avatar, byId, clock, el, followEnd, send } from "./dom.js";
import { Home } from "./home.js";
import { confirmed } from "./modal.js";

const BOT = { id: "bot", name: "Glasskey", bot: true };
const SLACK = { id: "slack", name: "Slackbot" };
const HISTORY_MAX = 100;
/** Examples up to this length are never cut. */
const CHIP_WHOLE_MAX = 16;

export class Chat {
  constructor() {
    this.state = null;
    this.tab = null;
    this.shown = new Map();
    this.seen = new Map();
    this.typed = new Map();
    this.back = 0;
    this.home = new Home(this);
    this.toEnd = followEnd(byId("scroll"), byId("messages"));
    byId("composer").addEventListener("submit", (event) => this.submit(event));
    byId("composer-line").addEventListener("keydown", (event) => this.recall(event));
    byId("tabs").addEventListener("keydown", (event) => this.moveTab(event));
  }

  /** Takes in what the current person sees now. */
  show(state) {
    const stranger = this.state?.me.id !== state.me.id;
    this.state = state;
    this.tab ??= state.channels[0].id;
    const known = state.channels.some((c) => c.id === this.tab) || ["direct", "home"].includes(this.tab);
    if (!known) this.tab = state.channels[0].id;
    this.drawTabs();
    this.drawMessages(stranger);
    if (stranger) this.drawChips();
    // Whoever one becomes with the Home tab in front opens their own.
    if (stranger && this.isHome) this.home.open();
  }

  get isHome() {
    return this.tab === "home";
  }

  names() {
    const state = this.state;
    return {
      user: (id) => state.people.find((p) => p.id === id)?.name ?? (id === state.bot ? "Glasskey" : null),
      channel: (id) => state.channels.find((c) => c.id === id)?.name ?? null,
      everybody: () => state.people.map((p) => ({ value: p.id, label: p.name })),
    };
  }

  channelId() {
    return this.tab === "direct" ? this.state.direct : this.tab;
  }

  /** The tab of Slack came to the front. */
  appear() {
    if (!this.state) return;
    this.drawTabs();
    this.drawMessages(true);
    if (this.isHome) this.home.open();
  }

  /** Whether the person looks at this tab: only then anything counts as read. */
  get isInFront() {
    return !byId("slack-pane").hidden;
  }

  unreadAnywhere() {
    if (!this.state) return 0;
    return this.conversations().reduce((sum, { channel }) => sum + this.unread(channel), 0);
  }

  // ---- tabs

  conversations() {
    const named = this.state.channels.map((c) => ({ key: c.id, label: `# ${c.name}`, channel: c.id }));
    return [...named, { key: "direct", label: "Direct messages", channel: this.state.direct }, { key: "home", label: "Home", channel: null }];
  }

  drawTabs() {
    const focused = document.activeElement?.closest?.(".tab")?.dataset.key;
    const tabs = this.conversations().map((c) => this.tabButton(c));
    byId("tabs").replaceChildren(...tabs);
    if (focused) tabs.find((t) => t.dataset.key === focused)?.focus();
  }

  tabButton({ key, label, channel }) {
    const selected = key === this.tab;
    const count = selected && this.isInFront ? 0 : this.unread(channel);
    const badge = count > 0 && el("span", { class: "unread" }, String(count), el("span", { class: "sr" }, " unread"));
    return el("button", {
      class: "tab", type: "button", role: "tab", "aria-selected": String(selected), "aria-controls": "scroll",
      tabindex: selected ? "0" : "-1", data: { key }, onclick: () => this.open(key),
    }, label, badge);
  }

  open(key) {
    this.tab = key;
    this.drawTabs();
    this.drawMessages(true);
    if (this.isHome) this.home.open();
  }

  moveTab(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const keys = this.conversations().map((c) => c.key);
    const next = keys[(keys.indexOf(this.tab) + step + keys.length) % keys.length];
    this.open(next);
    byId("tabs").querySelector(`[data-key="${next}"]`).focus();
    event.preventDefault();
  }

  seenKey(channel) {
    return `${this.state.me.id} ${channel}`;
  }

  unread(channel) {
    const last = this.seen.get(this.seenKey(channel)) ?? "";
    return this.state.timeline.filter((m) => m.channel === channel && m.ts > last && m.kind !== "typed").length;
  }

  /** How many direct messages of somebody else wait to be read. */
  waiting(person) {
    const read = this.seen.get(`${person.id} count`) ?? 0;
    return Math.max(0, person.direct_count - read);
  }

  // ---- messages

  drawMessages(fresh) {
    byId("home").hidden = !this.isHome;
    byId("news").hidden = this.isHome;
    byId("composer").hidden = this.isHome;
    if (this.isInFront) byId("skip").setAttribute("href", this.isHome ? "#scroll" : "#composer-line");
    if (this.isHome) {
      byId("empty").hidden = true;
      return this.home.draw();
    }
    const channel = this.channelId();
    const items = this.state.timeline.filter((m) => m.channel === channel);
    const list = byId("messages");
    // A switch of person or tab is not news: a screen reader must not read out the whole conversation.
    byId("news").setAttribute("aria-live", fresh ? "off" : "polite");
    if (fresh) {
      list.replaceChildren();
      this.shown.clear();
    }
    this.place(list, items, fresh);
    this.drawEmpty(items.length === 0);
    this.markRead(channel, items);
    if (fresh) this.toEnd();
  }

  place(list, items, fresh) {
    const keys = new Set(items.map((m) => m.ts));
    for (const [ts, { node }] of this.shown) {
      if (!keys.has(ts)) {
        node.remove();
        this.shown.delete(ts);
      }
    }
    items.forEach((item, n) => {
      const said = JSON.stringify(item);
      const old = this.shown.get(item.ts);
      if (old?.said === said) return;
      const node = this.message(item);
      if (old) this.swap(old.node, node);
      else list.insertBefore(node, list.children[n] ?? null);
      if (!fresh) node.classList.add(old ? "changed" : "fresh");
      this.shown.set(item.ts, { node, said });
    });
  }

  /** Puts the new state of a message in its place and keeps the focus where it was, if it still can be there. */
  swap(old, node) {
    const focused = old.contains(document.activeElement) && document.activeElement.dataset.action;
    old.replaceWith(node);
    if (!focused) return;
    const again = [...node.querySelectorAll("[data-action]")];
    const target = again.find((e) => e.dataset.action === focused) ?? again[0] ?? byId("composer-line");
    target.focus({ preventScroll: true });
  }

  message(item) {
    if (item.kind === "typed") return this.typedLine(item);
    const author = this.author(item);
    const whisper = item.kind === "ephemeral";
    return el("li", { class: whisper ? "msg whisper" : "msg", data: { ts: item.ts } },
      avatar(author),
      el("div", {},
        whisper && el("p", { class: "only-you" }, el("span", { "aria-hidden": "true" }, "◐"), "Only visible to you"),
        el("div", { class: "msg-head" },
          el("span", { class: "msg-name" }, author.name),
          author.bot && el("span", { class: "badge" }, "APP"),
          el("time", { class: "msg-time" }, clock(Number(item.ts))),
          item.edits > 0 && el("span", { class: "edited" }, "(edited)")),
        kit(item.text, item.blocks, this.names(), { act: (...used) => this.use(item, ...used), ask: (...asked) => this.ask(item, ...asked) })));
  }

  typedLine(item) {
    return el("li", { class: "msg typed", data: { ts: item.ts } }, avatar(this.state.me),
      el("div", {}, el("p", { class: "only-you" }, "You typed"), el("code", {}, item.text)));
  }

  author(item) {
    if (item.from_slack) return SLACK;
    if (item.user === this.state.bot || item.kind === "ephemeral") return BOT;
    return this.state.people.find((p) => p.id === item.user) ?? { id: item.user, name: item.user };
  }

  async use(item, element, blockId, chosen, control) {
    if (control.getAttribute("aria-disabled") === "true") return;
    if (element.confirm && !(await confirmed(element.confirm, this.names()))) return;
    control.setAttribute("aria-disabled", "true");
    const place = { channel: item.channel, ts: item.ts };
    await this.tell("/ui/click", { as: this.state.me.id, place, block_id: blockId, action_id: element.action_id, chosen });
    control.removeAttribute("aria-disabled");
  }

  async ask(item, element, query) {
    const place = { channel: item.channel, ts: item.ts };
    return (await send("/ui/suggest", { as: this.state.me.id, place, action_id: element.action_id, query })).payload;
  }

  drawEmpty(isEmpty) {
    const empty = byId("empty");
    empty.hidden = !isEmpty;
    const me = this.state.me;
    const words = EMPTY[this.tab]?.(first(me))
      ?? [`You are ${first(me)}, ${me.role}`, "Ask for access with a command below, then become somebody else and approve it."];
    empty.replaceChildren(el("strong", {}, words[0]), words[1]);
  }

  markRead(channel, items) {
    if (!this.isInFront) return;
    const last = items.at(-1)?.ts;
    if (last) this.seen.set(this.seenKey(channel), last);
    if (channel === this.state.direct) {
      const mine = this.state.people.find((p) => p.id === this.state.me.id);
      this.seen.set(`${this.state.me.id} count`, mine.direct_count);
    }
  }

  // ---- composer

  drawChips() {
    const line = byId("composer-line");
    const pick = (text) => {
      line.value = text;
      line.focus();
    };
    byId("chips").replaceChildren(
      ...this.state.examples.map((text) => el("button", { type: "button", class: text.length <= CHIP_WHOLE_MAX && "short", title: text, onclick: () => pick(text) }, text.replace(/^\/(elevate )?/, ""))));
  }

  async submit(event) {
    event.preventDefault();
    const line = byId("composer-line");
    const text = line.value.trim();
    if (!text) return;
    if (text.startsWith("/") && byId("bot").dataset.state === "starting") {
      byId("notice").textContent = "Glasskey is still starting and could not answer yet. Your line is kept: send it in a moment.";
      return;
    }
    line.value = "";
    const mine = this.history();
    mine.push(text);
    if (mine.length > HISTORY_MAX) mine.shift();
    this.back = 0;
    this.toEnd();
    await this.tell("/ui/slash", { as: this.state.me.id, channel: this.channelId(), line: text });
  }

  history() {
    const id = this.state.me.id;
    if (!this.typed.has(id)) {
      this.typed.set(id, this.state.timeline.filter((m) => m.kind === "typed").map((m) => m.text));
    }
    return this.typed.get(id);
  }

  recall(event) {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step) return;
    const mine = this.history();
    this.back = Math.min(Math.max(this.back + step, 0), mine.length);
    event.target.value = this.back ? mine.at(-this.back) : "";
    event.preventDefault();
  }

  /** Sends an act of the person; what went wrong is said under the composer. */
  async tell(path, body) {
    const notice = byId("notice");
    notice.textContent = "";
    try {
      const { failure } = await send(path, body);
      if (failure) notice.textContent = words(failure);
    } catch (error) {
      notice.textContent = `The playground did not answer: ${error.message}`;
    }
  }
}

function words(failure) {
  const known = {
    operation_timeout: "Slack gave up: the bot did not acknowledge within 3 seconds (operation_timeout).",
    dispatch_failed: "Slack could not reach the bot: it is not connected (dispatch_failed).",
    invalid_command: "Slack knows no such command.",
    no_such_message: "That message is gone.",
  };
  return known[failure] ?? failure;
}

/** What stands in a conversation without messages. */
const EMPTY = {
  direct: (name) => ["Nothing here yet", `When something concerns ${name}, Glasskey writes here.`],
  C0INCIDENT: () => ["When Identity Center is down", "Take it down with the button at the right. Dee, who commands incidents, types /breakglass on …; Bo confirms on the card; /breakglass off ends it."],
};

const first = (person) => person.name.split(" ")[0];
