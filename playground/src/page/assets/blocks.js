// Block Kit to DOM. What this page cannot show is said so, in red: it must not look as if all were well.

import { combobox } from "./combobox.js";
import { el } from "./dom.js";
import { mrkdwn, textObject, emojis } from "./mrkdwn.js";

/**
 * All blocks of a message. `hands.act(element, blockId, chosen, control)` is called when a person uses one, and
 * `hands.ask(element, query)` for the options of a select that the bot fills.
 */
export function kit(text, blocks, names, hands) {
  if (!blocks.length) return el("div", { class: "kit" }, el("div", { class: "text" }, mrkdwn(text, names)));
  return el("div", { class: "kit" }, blocks.map((block) => one(block, names, hands)));
}

export function one(block, names, hands) {
  const draw = DRAW[block.type];
  return draw ? draw(block, names, hands) : unknown(block.type);
}

const DRAW = {
  header: (block) => el("div", { class: "kit-header", role: "heading", "aria-level": "3" }, emojis(block.text.text)),
  divider: () => el("hr", { class: "kit-divider" }),
  section,
  context,
  actions: (block, names, hands) => el("div", { class: "kit-actions" }, block.elements.map((e) => element(e, block.block_id, names, hands))),
  rich_text: (block, names) => el("div", { class: "text" }, rich(block.elements, names)),
  markdown: (block, names) => el("div", { class: "text" }, mrkdwn(block.text, names)),
  image: (block) => el("p", { class: "text" }, `🖼 ${block.alt_text}`),
};

function section(block, names, hands) {
  return el("div", { class: "kit-section" },
    block.text && textObject(block.text, names),
    block.accessory && element(block.accessory, block.block_id, names, hands),
    block.fields && el("div", { class: "kit-fields" }, block.fields.map((field) => textObject(field, names))));
}

function context(block, names) {
  return el("div", { class: "kit-context" },
    block.elements.map((e) => (e.type === "image" ? el("span", {}, e.alt_text) : textObject(e, names))));
}

function element(element, blockId, names, hands) {
  const draw = ELEMENTS[element.type];
  return draw ? draw(element, blockId, names, hands) : unknown(element.type);
}

const ELEMENTS = {
  button,
  static_select: (e, blockId, names, { act }) => select(e, blockId, optionsOf(e), act),
  overflow: (e, blockId, names, { act }) => select({ ...e, placeholder: { text: "More" } }, blockId, optionsOf(e), act),
  users_select: (e, blockId, names, { act }) => select(e, blockId, names.everybody(), act),
  external_select: (e, blockId, names, hands) => search(e, blockId, hands),
  datepicker: (e, blockId, names, { act }) => moment(e, blockId, "date", e.initial_date, act),
  timepicker: (e, blockId, names, { act }) => moment(e, blockId, "time", e.initial_time, act),
  datetimepicker: (e, blockId, names, { act }) => moment(e, blockId, "datetime-local", localTime(e.initial_date_time), act),
  image: (e) => el("span", { class: "text" }, `🖼 ${e.alt_text}`),
};

function button(element, blockId, names, { act }) {
  const style = element.style === "primary" ? "button primary" : element.style === "danger" ? "button danger" : "button";
  const data = { action: element.action_id, block: blockId };
  const press = (event) => {
    if (element.url) window.open(element.url, "_blank", "noopener");
    act(element, blockId, "", event.currentTarget);
  };
  return el("button", { class: style, type: "button", data, "aria-label": element.accessibility_label, onclick: press }, emojis(element.text.text));
}

function select(element, blockId, options, act) {
  const label = element.placeholder?.text ?? "Choose";
  const change = (event) => event.target.value && act(element, blockId, event.target.value, event.target);
  return el("select", { class: "pick", "aria-label": label, data: { action: element.action_id }, onchange: change },
    el("option", { value: "" }, label),
    options.map((o) => el("option", { value: o.value, selected: element.initial_option?.value === o.value }, o.label)));
}

/** A date, a time or both. */
function moment(element, blockId, type, value, act) {
  const label = element.placeholder?.text ?? { date: "Date", time: "Time" }[type] ?? "Date and time";
  const change = ({ target }) => target.value && act(element, blockId, type === "datetime-local" ? epochSeconds(target.value) : target.value, target);
  return el("input", { class: "pick", type, value, "aria-label": label, data: { action: element.action_id }, onchange: change });
}

function search(element, blockId, { act, ask }) {
  const about = {
    id: `pick-${blockId}-${element.action_id}`, class: "pick", "aria-label": element.placeholder?.text ?? "Choose",
    placeholder: element.placeholder?.text, "data-action": element.action_id,
  };
  return combobox({
    about, start: startOf(element), least: leastOf(element),
    ask: async (query) => brought(await ask(element, query)),
    pick: (value, control) => value && act(element, blockId, value, control),
  });
}

/** The option that an external select has at first. */
export function startOf({ initial_option: option }) {
  return option && { value: option.value, label: emojis(option.text.text) };
}

/** Characters before Slack asks the bot. */
export const leastOf = (element) => element.min_query_length ?? 3;

/** The options in an answer to a search; null when there was none. */
export const brought = (payload) => (payload ? optionsOf(payload) : null);

/** Seconds since 1970, as Slack has them, as the browser's own field has them, and back. */
export function localTime(seconds) {
  if (!seconds) return null;
  const at = new Date(seconds * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function epochSeconds(text) {
  return text ? String(Math.floor(new Date(text).getTime() / 1000)) : "";
}

export function optionsOf(element) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.flatMap((group) => group.options).map((o) => ({ value: o.value, label: emojis(o.text.text), about: o.description && emojis(o.description.text) }));
}

function rich(elements, names) {
  return elements.flatMap((e) => {
    switch (e.type) {
      case "rich_text_section": return el("div", {}, rich(e.elements, names));
      case "rich_text_list": return el("ul", {}, e.elements.map((item) => el("li", {}, "• ", rich([item], names))));
      case "rich_text_quote": return el("blockquote", {}, rich(e.elements, names));
      case "rich_text_preformatted": return el("pre", {}, rich(e.elements, names));
      case "text": return styled(e);
      case "link": return mrkdwn(`<${e.url}|${e.text ?? e.url}>`, names);
      case "user": return mrkdwn(`<@${e.user_id}>`, names);
      case "channel": return mrkdwn(`<#${e.channel_id}>`, names);
      case "broadcast": return el("span", { class: "mention loud" }, `@${e.range}`);
      case "emoji": return emojis(`:${e.name}:`);
      case "date": return mrkdwn(`<!date^${e.timestamp}^${e.format}|${e.fallback ?? ""}>`, names);
      default: return unknown(e.type);
    }
  });
}

function styled(e) {
  let node = document.createTextNode(e.text);
  if (e.style?.code) node = el("code", {}, node);
  if (e.style?.bold) node = el("strong", {}, node);
  if (e.style?.italic) node = el("em", {}, node);
  if (e.style?.strike) node = el("s", {}, node);
  return node;
}

function unknown(type) {
  return el("p", { class: "kit-unknown" }, `This page does not know how to show “${type}”.`);
}
