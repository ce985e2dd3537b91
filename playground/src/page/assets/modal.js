// Modals as real dialogs: the views the bot opens, and the confirmation of a button.

import { one, optionsOf } from "./blocks.js";
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
    this.top = state.views.at(-1) ?? null;
    this.me = state.me.id;
    const drawn = this.top ? `${this.top.id} ${this.top.view.hash} ${this.me}` : "";
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      if (!this.top) return dialog.close();
      dialog.replaceChildren(this.form(this.top.view));
      if (!dialog.open) dialog.showModal();
    }
    if (this.top) this.errors(this.top.errors ?? {});
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
    return one(block, names, (element, blockId, chosen) => this.click(element, blockId, chosen));
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
    return el("div", { class: "field", data: { block: block.block_id, type: block.element.type } }, heading, control, hint,
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
      case "external_select": return this.search(e, about, placeholder);
      case "radio_buttons": return choices(e, block.block_id, "radio", id);
      case "checkboxes": return choices(e, block.block_id, "checkbox", id);
      case "multi_users_select": return choices(everybody(e, this.chat.names()), block.block_id, "checkbox", id);
      case "datepicker": return el("input", { ...about, type: "date", value: e.initial_date });
      case "timepicker": return el("input", { ...about, type: "time", value: e.initial_time });
      case "number_input": return el("input", { ...about, type: "number", value: e.initial_value, placeholder });
      default: return el("input", { ...about, type: "text", placeholder });
    }
  }

  /** A select whose options the bot brings while one types. */
  search(element, about, placeholder) {
    const list = el("datalist", { id: `${about.id}-list` });
    const input = el("input", { ...about, type: "text", list: list.id, placeholder, role: "combobox", autocomplete: "off" });
    if (element.initial_option) remember(input, [{ label: element.initial_option.text.text, value: element.initial_option.value }]);
    if (element.initial_option) input.value = element.initial_option.text.text;
    let wait = 0;
    const ask = async () => {
      const body = { as: this.me, view: this.top.id, action_id: element.action_id, query: input.value };
      const { payload } = await send("/ui/suggest", body);
      const options = optionsOf(payload ?? {});
      remember(input, options);
      list.replaceChildren(...options.map((o) => el("option", { value: o.label })));
    };
    input.addEventListener("input", () => {
      clearTimeout(wait);
      if (input.value.length >= (element.min_query_length ?? 3)) wait = setTimeout(ask, 150);
    });
    if (element.min_query_length === 0) input.addEventListener("focus", ask, { once: true });
    return el("div", {}, input, list);
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
    const button = event.target.querySelector('[type="submit"]');
    button.setAttribute("aria-disabled", "true");
    await this.chat.tell("/ui/submit", { as: this.me, values });
    button.removeAttribute("aria-disabled");
  }

  close() {
    return this.chat.tell("/ui/close", { as: this.me });
  }
}

const remember = (input, options) => { input.known = [...(input.known ?? []), ...options]; };

function valueOf(field) {
  const picked = [...field.querySelectorAll("input:checked")].map((input) => input.value);
  if (GROUPS.includes(field.dataset.type)) return picked.join(",");
  const control = field.querySelector("input, textarea, select");
  if (field.dataset.type !== "external_select") return control.value;
  return control.known?.findLast((o) => o.label === control.value)?.value ?? "";
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
