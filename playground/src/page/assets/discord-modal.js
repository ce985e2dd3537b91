// Discord's modals as real dialogs: labels, text, choices, people.

import { byId, el } from "./dom.js";
import { one } from "./discord-message.js";

const PARAGRAPH = 2;

/** Keeps the dialog equal to the modal that the person has before them. */
export class DiscordModal {
  constructor(chat) {
    this.chat = chat;
    this.drawn = "";
    this.dialog = byId("discord-modal");
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
  }

  show(state) {
    const modal = state.modal;
    this.me = state.me.handle;
    const drawn = modal ? `${modal.interaction} ${this.me}` : "";
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      if (!modal) return this.dialog.close();
      this.dialog.replaceChildren(this.form(modal.content));
      if (!this.dialog.open) this.dialog.showModal();
    }
    if (modal?.failed) this.dialog.querySelector(".dc-failed").textContent = "Something went wrong. Try again.";
  }

  form(content) {
    return el("form", { method: "dialog", novalidate: true, onsubmit: (event) => this.submit(event) },
      el("h2", { class: "modal-head", id: "discord-modal-title" }, content.title),
      el("div", { class: "modal-body" }, content.components.flatMap((part) => this.part(part)), el("p", { class: "wrong dc-failed", role: "alert" })),
      el("div", { class: "modal-foot" },
        el("button", { class: "dc-button secondary", type: "button", onclick: () => this.close() }, "Cancel"),
        el("button", { class: "dc-button primary", type: "submit" }, "Submit")));
  }

  part(part) {
    if (part.type === 18) return [this.field(part.component, part.label, part.description)];
    if (part.type === 1) return part.components.map((inner) => this.field(inner, inner.label));
    return [one(part, this.chat.names(), () => {})];
  }

  field(component, label, hint) {
    const id = `dc-field-${component.custom_id}`;
    const isGroup = component.type === 21 || component.type === 22 || isPeople(component);
    const words = [label, component.required === false && el("span", { class: "optional" }, " (optional)")];
    const heading = isGroup ? el("span", { class: "label", id: `${id}-label` }, words) : el("label", { for: id }, words);
    hint ??= isPeople(component) ? component.placeholder : null;
    return el("div", { class: "field", data: { name: component.custom_id, type: component.type } }, heading,
      this.control(component, id),
      el("p", { class: "hint", id: `${id}-hint` }, hint ?? ""),
      el("p", { class: "wrong", id: `${id}-wrong`, role: "alert" }));
  }

  control(component, id) {
    const about = { id, name: id, "aria-describedby": `${id}-hint ${id}-wrong`, required: component.required !== false };
    switch (component.type) {
      case 3: return dropdown(component, about);
      case 4: return words(component, about);
      case 5: return choices({ ...component, options: this.chat.names().everybody() }, id, component.max_values > 1 ? "checkbox" : "radio");
      case 21: return choices(component, id, "radio");
      case 22: return choices(component, id, "checkbox");
      case 23: return el("input", { ...about, type: "checkbox", checked: component.default, required: false });
      default: return el("p", { class: "kit-unknown" }, `This page does not know how to show an input of type ${component.type}.`);
    }
  }

  wrong(field, words) {
    field.querySelector(".wrong").textContent = words;
    field.querySelector("input, textarea, select")?.setAttribute("aria-invalid", String(Boolean(words)));
  }

  async submit(event) {
    event.preventDefault();
    const values = {};
    let first = null;
    for (const field of event.target.querySelectorAll(".field")) {
      const { value, fault } = filled(field);
      if (value !== null) values[field.dataset.name] = value;
      this.wrong(field, fault ?? "");
      if (fault) first ??= field;
    }
    if (first) return first.querySelector("input, textarea, select").focus();
    const button = event.target.querySelector('[type="submit"]');
    button.setAttribute("aria-disabled", "true");
    await this.chat.tell("submit", { as: this.me, values });
    button.removeAttribute("aria-disabled");
  }

  close() {
    return this.chat.tell("close", { as: this.me });
  }
}

const isPeople = (component) => component.type === 5;

/** What was filled in, and what Discord would say against it. */
function filled(field) {
  const picked = [...field.querySelectorAll("input:checked")].map((input) => input.value);
  const control = field.querySelector("input, textarea, select");
  const group = field.querySelector(".options");
  const needed = Boolean((group ?? control).hasAttribute(group ? "data-required" : "required"));
  const value = valueOf(field.dataset.type, control, picked);
  const isEmpty = value === null || value.length === 0 || (typeof value === "string" && !value.trim());
  if (needed && isEmpty) return { value, fault: "This field is required" };
  if (typeof value === "string" && value && value.length < control.minLength) return { value, fault: `Must be ${control.minLength} or more in length.` };
  return { value };
}

function valueOf(type, control, picked) {
  switch (Number(type)) {
    case 3: return control.value ? [control.value] : [];
    case 5: case 22: return picked;
    case 21: return picked[0] ?? null;
    case 23: return control.checked;
    default: return control.value;
  }
}

function words(component, about) {
  const props = { ...about, placeholder: component.placeholder, maxlength: component.max_length, minlength: component.min_length };
  if (component.style === PARAGRAPH) return el("textarea", { ...props, rows: "3" }, component.value ?? "");
  return el("input", { ...props, type: "text", value: component.value, autocomplete: "off" });
}

function dropdown(component, about) {
  return el("select", about, el("option", { value: "" }, component.placeholder ?? "Make a selection"),
    component.options.map((o) => el("option", { value: o.value, selected: o.default }, o.label)));
}

function choices(component, name, type) {
  const least = component.min_values ?? 1;
  return el("div", { class: "options", role: type === "radio" ? "radiogroup" : "group", "aria-labelledby": `${name}-label`, data: component.required !== false && least > 0 ? { required: "" } : {} },
    component.options.map((o) => el("label", {}, el("input", { type, name, value: o.value, checked: o.default }), o.label)));
}
