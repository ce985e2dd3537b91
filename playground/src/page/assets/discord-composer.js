// The composer of Discord's tab: after `/` the commands that are registered, then their options, with what the bot offers.

import { byId, el, send } from "./dom.js";

const SUBCOMMANDS = [1, 2];
const BOOLEAN = 5;
const USER = 6;
/** Discord asks the bot for choices after a short pause of the hands. */
const PAUSE_MS = 150;
const HISTORY_MAX = 100;
const SHOWN_MAX = 25;
/** Context of a command that may be used in a server, and in direct messages with the bot. */
const GUILD = 0;
const BOT_DIRECT = 1;

export class Composer {
  constructor(chat) {
    this.chat = chat;
    this.line = byId("dc-line");
    this.popup = byId("dc-popup");
    this.command = null;
    this.offers = [];
    this.active = -1;
    this.asked = 0;
    this.typed = new Map();
    this.back = 0;
    byId("dc-composer").addEventListener("submit", (event) => this.submit(event));
    byId("dc-composer").addEventListener("keydown", (event) => this.key(event));
    byId("dc-composer").addEventListener("focusout", (event) => {
      if (!byId("dc-composer").contains(event.relatedTarget)) this.offer(null, []);
    });
    this.line.addEventListener("input", () => this.typing());
    byId("dc-drop").addEventListener("click", () => this.drop());
  }

  /** Another person, or another channel. */
  become() {
    this.drop(false);
    this.back = 0;
    byId("dc-chips").replaceChildren(...(this.chat.isDirect ? [] : this.chat.state.examples).map((text) => this.chip(text)));
    this.line.placeholder = this.chat.isDirect ? "Message @Glasskey" : `Message #${this.chat.names().channel(this.chat.open)}`;
  }

  chip(text) {
    const words = text.replace(/^\/(elevate (request )?)?/, "").replace(/(^| )[\w-]+: /g, "$1");
    return el("button", { type: "button", title: text, onclick: () => this.recall(text) }, words);
  }

  // ---- commands

  /** Every command that can be typed here, subcommands flattened: `elevate request`. */
  commands() {
    const here = this.chat.isDirect ? BOT_DIRECT : GUILD;
    return this.chat.state.commands.filter((c) => (c.contexts ?? [GUILD, BOT_DIRECT]).includes(here)).flatMap((c) => flattened(c, ""));
  }

  typing() {
    const text = this.line.value;
    if (!text.startsWith("/")) return this.offer(null, this.mentions(this.line));
    const wanted = text.slice(1).toLowerCase();
    const all = this.commands();
    if (all.length === 0) return this.offer(this.line, [{ label: "No commands here", about: "Glasskey's commands are used in the channels of the server.", pick: () => this.offer(null, []) }]);
    const exact = all.find((c) => wanted.startsWith(`${c.path} `));
    if (exact) return this.recall(text);
    const found = all.filter((c) => c.path.startsWith(wanted) || c.path.split(" ").at(-1).startsWith(wanted));
    this.offer(this.line, found.map((c) => ({ label: `/${c.path}`, about: c.description, pick: () => this.take(c) })));
  }

  /** Puts a command into the composer, with the options that it has. */
  take(command, values = {}) {
    this.command = command;
    this.line.hidden = true;
    this.line.value = "";
    byId("dc-command").hidden = false;
    byId("dc-chips").hidden = true;
    byId("dc-path").textContent = `/${command.path}`;
    byId("dc-options").replaceChildren(...command.options.map((option) => this.pill(option, values[option.name] ?? "")));
    this.offer(null, []);
    const fields = this.fields();
    (fields.find((f) => f.required && !f.value) ?? fields.find((f) => f.value) ?? fields[0] ?? byId("dc-send")).focus();
  }

  pill(option, value) {
    const id = `dc-option-${option.name}`;
    const input = el("input", {
      id, type: "text", value, autocomplete: "off", spellcheck: "false", required: option.required, maxlength: option.max_length,
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "dc-popup", "aria-describedby": "dc-about", data: { option: option.name },
    });
    input.option = option;
    input.known = new Map();
    input.addEventListener("focus", () => this.choices(input));
    input.addEventListener("input", () => this.choices(input));
    return el("div", { class: option.required ? "dc-pill" : "dc-pill optional" }, el("label", { for: id }, option.name), input);
  }

  fields() {
    return [...byId("dc-options").querySelectorAll("input")];
  }

  drop(focus = true) {
    this.command = null;
    this.line.hidden = false;
    byId("dc-command").hidden = true;
    byId("dc-chips").hidden = false;
    byId("dc-options").replaceChildren();
    this.offer(null, []);
    if (focus) this.line.focus();
  }

  // ---- choices

  async choices(input) {
    const { option } = input;
    const chosen = option.choices ?? (option.type === BOOLEAN ? [true, false].map((v) => ({ name: String(v), value: v })) : null);
    if (chosen) return this.offer(input, chosen.filter((c) => starts(c.name, input.value)).map((c) => this.choice(input, c)));
    if (option.type === USER) return this.offer(input, this.people(input.value.replace(/^@/, "")).map((p) => this.choice(input, { name: `@${p.handle}`, value: p.id }, p.name)));
    if (!option.autocomplete) return this.offer(input, this.mentions(input));
    this.asked += 1;
    const mine = this.asked;
    await new Promise((done) => setTimeout(done, PAUSE_MS));
    if (mine !== this.asked || document.activeElement !== input) return;
    const values = { ...this.values(), [option.name]: input.value };
    const { choices } = await send("/ui/discord/suggest", { ...this.where(), values, focused: option.name });
    if (mine === this.asked && document.activeElement === input) this.offer(input, choices.map((c) => this.choice(input, c)));
  }

  choice(input, { name, value }, about = "") {
    return { label: name, about, pick: () => {
      input.known.set(name, value);
      input.value = name;
      this.offer(null, []);
      const fields = this.fields();
      (fields.slice(fields.indexOf(input) + 1).find((f) => !f.value) ?? byId("dc-send")).focus();
    } };
  }

  /** People to mention, after an `@`. */
  mentions(input) {
    const hit = /(?:^|\s)@(\S*)$/.exec(input.value.slice(0, input.selectionStart ?? undefined));
    if (!hit) return [];
    return this.people(hit[1]).map((p) => ({ label: `@${p.handle}`, about: p.name, pick: () => {
      input.setRangeText(`@${p.handle} `, input.selectionStart - hit[1].length - 1, input.selectionStart, "end");
      this.offer(null, []);
    } }));
  }

  people(text) {
    return this.chat.state.people.filter((p) => starts(p.handle, text) || starts(p.name ?? "", text));
  }

  /** Shows what can be chosen for an input; nothing is chosen before somebody does. */
  offer(input, offers) {
    for (const other of [this.line, ...this.fields()]) {
      other.setAttribute("aria-expanded", String(offers.length > 0 && other === (input ?? document.activeElement)));
      other.removeAttribute("aria-activedescendant");
    }
    this.offers = offers.slice(0, SHOWN_MAX);
    this.active = -1;
    this.popup.hidden = offers.length === 0;
    this.popup.replaceChildren(...this.offers.map(({ label, about, pick }, n) => el("li", {
      role: "option", id: `dc-offer-${n}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); pick(); },
    }, el("span", { class: "dc-offer" }, label), el("span", { class: "dc-offer-about" }, about ?? ""))));
    const option = this.command && document.activeElement?.option;
    byId("dc-about").textContent = option ? `${option.name}: ${option.description}${option.required ? "" : " (optional)"}` : this.command?.description ?? "";
  }

  activate(step) {
    const count = this.offers.length;
    this.active = (this.active + step + (this.active < 0 && step < 0 ? count + 1 : count)) % count;
    [...this.popup.children].forEach((row, n) => {
      row.setAttribute("aria-selected", String(n === this.active));
      if (n === this.active) row.scrollIntoView({ block: "nearest" });
    });
    document.activeElement.setAttribute("aria-activedescendant", `dc-offer-${this.active}`);
  }

  // ---- keys

  key(event) {
    const hasOffers = this.offers.length > 0;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isField = event.target === this.line || event.target.option;
    if (step && isField && hasOffers) this.activate(step);
    else if (step && event.target === this.line) this.remember(-step);
    else if (event.key === "Enter" && isField && hasOffers && (this.active >= 0 || event.target === this.line)) this.offers[Math.max(this.active, 0)].pick();
    else if (event.key === "Tab" && !event.shiftKey && isField && this.active >= 0) this.offers[this.active].pick();
    else if (event.key === "Escape" && hasOffers) this.offer(null, []);
    else if (event.key === "Escape" && this.command) this.drop();
    else if (event.key === "Backspace" && event.target.option && !event.target.value && event.target === this.fields()[0]) this.drop();
    else return;
    event.preventDefault();
  }

  // ---- sending

  where() {
    const { chat } = this;
    return { as: chat.state.me.handle, channel: chat.channel, command: this.command?.path };
  }

  /** Handles become mentions, as Discord makes them of what one picks. */
  mentioned(text) {
    return text.replace(/(?<=^|\s)@([\w.-]+)/g, (all, handle) => {
      const person = this.chat.state.people.find((p) => p.handle === handle);
      return person ? `<@${person.id}>` : all;
    });
  }

  values() {
    const given = this.fields().filter((f) => f.value.trim());
    return Object.fromEntries(given.map((f) => [f.option.name, f.known.get(f.value) ?? this.mentioned(f.value.trim())]));
  }

  async submit(event) {
    event.preventDefault();
    if (!this.command) return this.send();
    if (this.isEarly()) return;
    const empty = this.fields().find((f) => f.required && !f.value.trim());
    if (empty) {
      byId("dc-notice").textContent = `${empty.option.name}: This option is required`;
      return empty.focus();
    }
    const values = this.values();
    const shown = this.fields().filter((f) => f.value.trim()).map((f) => ` ${f.option.name}: ${f.value.trim()}`);
    this.keep(`/${this.command.path}${shown.join("")}`);
    const where = this.where();
    this.drop();
    this.chat.toEnd();
    await this.chat.tell("slash", { ...where, values });
  }

  async send() {
    const text = this.line.value.trim();
    if (!text) return;
    if (text.startsWith("/") && this.commands().some((c) => `/${c.path}` === text.toLowerCase())) return this.recall(`${text} `);
    if (text.startsWith("/")) {
      byId("dc-notice").textContent = this.isEarly() ? byId("dc-notice").textContent : "No command of that name is registered here.";
      return;
    }
    this.line.value = "";
    this.offer(null, []);
    this.chat.toEnd();
    await this.chat.tell("say", { as: this.chat.state.me.handle, channel: this.chat.channel, text: this.mentioned(text) });
  }

  isEarly() {
    const isStarting = byId("bot").dataset.state === "starting";
    if (isStarting) byId("dc-notice").textContent = "Glasskey is still starting and could not answer yet. Your line is kept: send it in a moment.";
    return isStarting;
  }

  // ---- what was typed before

  history() {
    const { id } = this.chat.state.me;
    if (!this.typed.has(id)) this.typed.set(id, this.chat.state.timeline.filter((entry) => entry.typed).map((entry) => entry.typed.line));
    return this.typed.get(id);
  }

  keep(text) {
    this.history().push(text);
    if (this.history().length > HISTORY_MAX) this.history().shift();
    this.back = 0;
  }

  remember(step) {
    const mine = this.history();
    this.back = Math.min(Math.max(this.back + step, 0), mine.length);
    if (this.back) this.recall(mine.at(-this.back));
  }

  /** Takes a whole line, `/elevate request account: payments-prod …`, apart into its command and options. */
  recall(text) {
    const command = this.commands().find((c) => text.toLowerCase() === `/${c.path}` || text.toLowerCase().startsWith(`/${c.path} `));
    if (!command) {
      this.line.value = text;
      return this.line.focus();
    }
    this.take(command, parted(text.slice(command.path.length + 1), command.options));
  }
}

function flattened(level, path) {
  const here = path ? `${path} ${level.name}` : level.name;
  const options = level.options ?? [];
  const nested = options.filter((o) => SUBCOMMANDS.includes(o.type));
  if (nested.length) return nested.flatMap((o) => flattened(o, here));
  return [{ path: here, description: level.description, options }];
}

/** Values by option: each goes on to the next option's name. What stands before the first name is the first option's. */
function parted(text, options) {
  const values = {};
  const names = options.map((o) => o.name).sort((a, b) => b.length - a.length);
  if (names.length === 0) return values;
  const parts = text.split(new RegExp(`(?:^|\\s)(${names.join("|")}):`));
  if (parts[0].trim()) values[options[0].name] = parts[0].trim();
  for (let n = 1; n < parts.length; n += 2) values[parts[n]] = parts[n + 1].trim();
  return values;
}

const starts = (text, wanted) => text.toLowerCase().startsWith(wanted.toLowerCase());
