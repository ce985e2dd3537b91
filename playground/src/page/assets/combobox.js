// A text field with a list of what can be chosen, brought by the bot while one types. Only what was brought can be chosen.

import { el } from "./dom.js";

/** The hands get a short pause before the bot is asked. */
const PAUSE_MS = 150;

/**
 * `about`: attributes of the input; `start`: the option chosen at first; `least`: characters before the bot is asked;
 * `ask(query)` resolves to options `{value, label, about}`, or to null when none came; `pick(value)` is told of a choice.
 * The choice is in the input's `data-value`.
 */
export function combobox({ about, start, least, ask, pick }) {
  const listId = `${about.id}-list`;
  const list = el("ul", { class: "combo-list", id: listId, role: "listbox", "aria-label": "Options", hidden: true });
  const told = el("span", { class: "sr", role: "status" });
  const input = el("input", {
    ...about, type: "text", value: start?.label, role: "combobox", autocomplete: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId, data: { value: start?.value ?? "" },
  });
  const state = { input, list, told, ask, pick, least, options: [], active: -1, asked: 0, timer: 0, label: start?.label ?? "" };
  input.addEventListener("input", () => typed(state));
  input.addEventListener("focus", () => least === 0 && begin(state));
  input.addEventListener("click", () => list.hidden && state.options.length && open(state));
  input.addEventListener("keydown", (event) => key(state, event));
  input.addEventListener("blur", () => leave(state));
  return el("div", { class: "combo" }, input, list, told);
}

function typed(state) {
  clearTimeout(state.timer);
  const query = state.input.value.trim();
  if (query.length < state.least) return close(state);
  state.timer = setTimeout(() => search(state, query), PAUSE_MS);
}

/** With nothing typed yet the bot is asked afresh: what it offered before may be true no more. */
function begin(state) {
  state.options = [];
  return search(state, "");
}

async function search(state, query) {
  state.asked += 1;
  const mine = state.asked;
  const options = await state.ask(query);
  // A later question, or somebody who went on, has no use for this answer.
  if (mine !== state.asked || document.activeElement !== state.input) return;
  state.options = options ?? [];
  state.active = -1;
  state.list.replaceChildren(...state.options.map((option, n) => row(state, option, n)));
  const count = state.options.length;
  state.told.textContent = options === null ? "The bot did not answer" : count ? `${count} ${count === 1 ? "option" : "options"}` : "Nothing found";
  // How many there are one sees; that there are none must be said to everybody.
  state.told.className = count ? "sr" : "combo-told";
  if (count) open(state);
  else close(state);
}

function row(state, { label, about }, n) {
  const choose = (event) => {
    event.preventDefault();
    take(state, n);
  };
  return el("li", { role: "option", id: `${state.list.id}-${n}`, "aria-selected": "false", onmousedown: choose },
    el("span", {}, label), about && el("span", { class: "combo-about" }, about));
}

function open(state) {
  state.list.hidden = false;
  state.input.setAttribute("aria-expanded", "true");
  state.list.scrollIntoView({ block: "nearest" });
}

function close(state) {
  state.active = -1;
  state.list.hidden = true;
  state.input.setAttribute("aria-expanded", "false");
  state.input.removeAttribute("aria-activedescendant");
}

function activate(state, step) {
  const count = state.options.length;
  state.active = (state.active + step + (state.active < 0 && step < 0 ? count + 1 : count)) % count;
  [...state.list.children].forEach((item, n) => {
    item.setAttribute("aria-selected", String(n === state.active));
    if (n === state.active) item.scrollIntoView({ block: "nearest" });
  });
  state.input.setAttribute("aria-activedescendant", `${state.list.id}-${state.active}`);
}

function key(state, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const isOpen = !state.list.hidden;
  if (step && state.options.length) {
    if (!isOpen) open(state);
    activate(state, step);
  } else if (event.key === "Enter" && isOpen) {
    // One option left is the one that is meant.
    const meant = state.active >= 0 ? state.active : state.options.length === 1 ? 0 : -1;
    if (meant >= 0) take(state, meant);
  } else if (event.key === "Tab" && isOpen && state.active >= 0) {
    take(state, state.active);
    return;
  } else if (event.key === "Escape" && isOpen) {
    close(state);
  } else {
    return;
  }
  event.preventDefault();
  // The list is closed by this, not the dialog around it.
  event.stopPropagation();
}

function take(state, n) {
  const option = state.options[n];
  // What was typed on the way to the choice is not looked up any more.
  clearTimeout(state.timer);
  state.asked += 1;
  const before = state.input.dataset.value;
  state.label = option.label;
  state.input.value = option.label;
  state.input.dataset.value = option.value;
  close(state);
  if (before !== option.value) state.pick(option.value, state.input);
}

/** What was typed and not chosen goes; an emptied field has no choice. */
function leave(state) {
  clearTimeout(state.timer);
  state.told.textContent = "";
  close(state);
  const text = state.input.value.trim();
  const exact = state.options.findIndex((option) => option.label === text);
  if (exact >= 0) return take(state, exact);
  if (text) {
    state.input.value = state.label;
    return;
  }
  const before = state.input.dataset.value;
  state.label = "";
  state.input.dataset.value = "";
  if (before) state.pick("", state.input);
}
