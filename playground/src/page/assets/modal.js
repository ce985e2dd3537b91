// Modals as real dialogs: the views the bot opens, and the confirmation of a button.

import { brought, epochSeconds, leastOf, localTime, one, optionsOf, startOf } from "./blocks.js";
import { combobox } from "./combobox.js";
import { byId, el, send } from "./dom.js";
import { emojis, textObject } from "./mrkdwn.js";

/** Fields of several controls. */
const GROUPS = ["radio_buttons", "checkboxes", "multi_users_select"];

/** Keeps the dialog equal to the top view of the person. */
export class Modal {
  constructor(chat) {
    this.chat = chat;
    this.drawn = "";
    this.top = null;
    byId("modal").addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
  }

  show(state) {
    const dialog = byId("modal");
    const before = this.top;
    this.top = state.views.at(-1) ?? null;
    this.me = state.me.id;
    const drawn = this.top ? `${this.top.id} ${this.top.view.hash} ${this.me}` : "";
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.told = null;
      if (!this.top) return dialog.close();
      this.draw(dialog, before?.id === this.top.id);
      if (!dialog.open) dialog.showModal();
    }
    if (this.top) this.tellErrors(this.top.errors ?? {});
  }

  /** What the bot finds wrong, told once: who corrects one field must not be thrown back by whatever happens meanwhile. */
  tellErrors(errors) {
    const told = JSON.stringify(errors);
    if (told === this.told) return;
    this.told = told;
    this.errors(errors);
  }

  /** Draws the form; what was filled in and where one stood stay when the bot only changed it. */
  draw(dialog, isSame) {
    const active = isSame && dialog.contains(document.activeElement) ? document.activeElement : null;
    const focused = active?.name;
    const kept = isSame ? valuesOf(dialog) : {};
    dialog.replaceChildren(this.form(this.top.view));
    for (const field of dialog.querySelectorAll(".field")) {
      const { block, type } = field.dataset;
      if (block in kept && kept[block].type === type) refill(field, kept[block]);
    }
    if (focused) dialog.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
  }

  form(view) {
    const names = this.chat.names();
    const submit = view.submit && el("button", { class: "button primary", type: "submit" }, emojis(view.submit.text));
    return el("form", { method: "dialog", novalidate: true, onsubmit: (event) => this.submit(event) },
      el("h2", { class: "modal-head", id: "modal-title" }, emojis(view.title.text)),
      el("div", { class: "modal-body" }, view.blocks.map((block) => (block.type === "input" ? this.field(block) : this.block(block, names)))),
      el("div", { class: "modal-foot" },
        el("button", { class: "button", type: "button", onclick: () => this.close() }, emojis(view.close?.text ?? "Cancel")),
        submit));
  }

  block(block, names) {
    return one(block, names, { act: (element, blockId, chosen) => this.click(element, blockId, chosen), ask: (...asked) => this.ask(...asked) });
  }

  async ask(element, query) {
    const body = { as: this.me, place: { view: this.top.id }, action_id: element.action_id, query };
    return (await send("/ui/suggest", body)).payload;
  }

  /** Slack keeps what is filled in with the view, and tells the bot at once when the block asks for it. */
  fill(block, chosen) {
    return this.chat.tell("/ui/fill", { as: this.me, view: this.top?.id ?? "", field: block.block_id, chosen });
  }

  click(element, blockId, chosen) {
    const body = { as: this.me, place: { view: this.top.id }, block_id: blockId, action_id: element.action_id, chosen };
    return this.chat.tell("/ui/click", body);
  }

  field(block) {
    const id = `field-${block.block_id}`;
    const control = this.control(block, id);
    const hint = block.hint && el("p", { class: "hint", id: `${id}-hint` }, emojis(block.hint.text));
    const label = [emojis(block.label.text), block.optional && el("span", { class: "optional" }, " (optional)")];
    const isGroup = GROUPS.includes(block.element.type);
    const heading = isGroup ? el("span", { class: "label", id: `${id}-label` }, label) : el("label", { for: id }, label);
    const change = (event) => {
      const field = event.currentTarget;
      // The combobox tells of its own choices; what is only typed there is none.
      if (field.dataset.type !== "external_select") this.fill(block, valueOf(field));
    };
    return el("div", { class: "field", data: { block: block.block_id, type: block.element.type }, onchange: change }, heading, control, hint,
      el("p", { class: "wrong", id: `${id}-wrong`, role: "alert" }));
  }

  control(block, id) {
    const e = block.element;
    const about = { id, name: block.block_id, "aria-describedby": `${id}-hint ${id}-wrong`, required: !block.optional, autofocus: e.focus_on_load };
    const placeholder = e.placeholder?.text;
    switch (e.type) {
      case "plain_text_input": return textInput(e, about, placeholder);
      case "static_select": return dropdown(optionsOf(e), e.initial_option?.value, about, placeholder);
      case "users_select": return dropdown(this.chat.names().everybody(), e.initial_user, about, placeholder);
      case "external_select": return this.search(block, about, placeholder);
      case "radio_buttons": return choices(e, block.block_id, "radio", id);
      case "checkboxes": return choices(e, block.block_id, "checkbox", id);
      case "multi_users_select": return choices(everybody(e, this.chat.names()), block.block_id, "checkbox", id);
      case "datepicker": return el("input", { ...about, type: "date", value: e.initial_date });
      case "timepicker": return el("input", { ...about, type: "time", value: e.initial_time });
      case "datetimepicker": return el("input", { ...about, type: "datetime-local", value: localTime(e.initial_date_time) });
      case "number_input": return el("input", { ...about, type: "number", value: e.initial_value, placeholder });
      default: return el("input", { ...about, type: "text", placeholder });
    }
  }

  /** A select whose options the bot brings while one types. */
  search(block, about, placeholder) {
    const { element } = block;
    return combobox({
      about: { ...about, placeholder }, start: startOf(element), least: leastOf(element),
      ask: async (query) => brought(await this.ask(element, query)),
      pick: (value) => this.fill(block, value),
    });
  }

  errors(errors) {
    for (const field of byId("modal").querySelectorAll(".field")) {
      const words = errors[field.dataset.block] ?? "";
      const wrong = field.querySelector(".wrong");
      if (wrong.textContent !== words) wrong.textContent = words;
      field.querySelector("input, textarea, select")?.setAttribute("aria-invalid", String(Boolean(words)));
    }
    byId("modal").querySelector('[aria-invalid="true"]')?.focus();
  }

  async submit(event) {
    event.preventDefault();
    const values = {};
    const missing = {};
    for (const field of event.target.querySelectorAll(".field")) {
      const value = valueOf(field);
      values[field.dataset.block] = value;
      const required = field.querySelector("[required]");
      if (required && !value) missing[field.dataset.block] = "Please complete this required field.";
    }
    this.errors(missing);
    if (Object.keys(missing).length) return;
    this.told = null;
    const button = event.target.querySelector('[type="submit"]');
    button.setAttribute("aria-disabled", "true");
    await this.chat.tell("/ui/submit", { as: this.me, values });
    button.removeAttribute("aria-disabled");
  }

  /** Once for a form, however often one presses Escape. */
  close() {
    if (!this.top || this.closing === this.top.id) return null;
    this.closing = this.top.id;
    return this.chat.tell("/ui/close", { as: this.me });
  }
}

function valueOf(field) {
  const picked = [...field.querySelectorAll("input:checked")].map((input) => input.value);
  if (GROUPS.includes(field.dataset.type)) return picked.join(",");
  const control = field.querySelector("input, textarea, select");
  switch (field.dataset.type) {
    case "external_select": return control.dataset.value;
    case "datetimepicker": return epochSeconds(control.value);
    default: return control.value;
  }
}

/** What stands in each field, by block. */
function valuesOf(dialog) {
  const fields = [...dialog.querySelectorAll(".field")];
  return Object.fromEntries(fields.map((field) => {
    const control = field.querySelector("input, textarea, select");
    const checked = [...field.querySelectorAll("input:checked")].map((input) => input.value);
    return [field.dataset.block, { type: field.dataset.type, text: control?.value ?? "", value: control?.dataset.value, checked }];
  }));
}

function refill(field, { type, text, value, checked }) {
  if (GROUPS.includes(type)) {
    for (const input of field.querySelectorAll("input")) input.checked = checked.includes(input.value);
    return;
  }
  const control = field.querySelector("input, textarea, select");
  const isThere = control.tagName !== "SELECT" || [...control.options].some((option) => option.value === text);
  if (isThere) control.value = text;
  if (value !== undefined) control.dataset.value = value;
}

function textInput(element, about, placeholder) {
  const props = { ...about, placeholder, maxlength: element.max_length, minlength: element.min_length };
  if (element.multiline) return el("textarea", { ...props, rows: "3" }, element.initial_value ?? "");
  return el("input", { ...props, type: "text", value: element.initial_value, autocomplete: "off" });
}

function dropdown(options, initial, about, placeholder) {
  return el("select", about, el("option", { value: "" }, placeholder ?? "Choose…"),
    options.map((o) => el("option", { value: o.value, selected: o.value === initial }, o.label)));
}

/** A select of users, as one with an option for each. */
function everybody(element, names) {
  const options = names.everybody().map(({ value, label }) => ({ value, text: { text: label } }));
  const initial = options.filter((o) => (element.initial_users ?? []).includes(o.value));
  return { options, initial_options: initial };
}

function choices(element, name, type, id) {
  const chosen = [element.initial_option, ...(element.initial_options ?? [])].filter(Boolean).map((o) => o.value);
  return el("div", { class: "options", role: type === "radio" ? "radiogroup" : "group", "aria-labelledby": `${id}-label` },
    optionsOf(element).map((o) => el("label", {}, el("input", { type, name, value: o.value, checked: chosen.includes(o.value) }), o.label)));
}

/** Asks the question of a button's confirmation dialog. */
export function confirmed(confirm, names) {
  const dialog = byId("confirm");
  const style = confirm.style === "danger" ? "button solid-danger" : "button primary";
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.replaceChildren(el("form", { method: "dialog" },
      el("h2", { class: "modal-head", id: "confirm-title" }, emojis(confirm.title.text)),
      el("div", { class: "modal-body" }, textObject(confirm.text, names)),
      el("div", { class: "modal-foot" },
        el("button", { class: "button", value: "no" }, emojis(confirm.deny.text)),
        el("button", { class: style, value: "yes" }, emojis(confirm.confirm.text)))));
    dialog.showModal();
  });
}
