// Block Kit to DOM. What this page cannot show is said so, in red: it must not look as if all were well.

import { el } from "./dom.js";
import { mrkdwn, textObject, emojis } from "./mrkdwn.js";

/** All blocks of a message. `act(element, blockId, chosen)` is called when a person uses one. */
export function kit(text, blocks, names, act) {
  if (!blocks.length) return el("div", { class: "kit" }, el("div", { class: "text" }, mrkdwn(text, names)));
  return el("div", { class: "kit" }, blocks.map((block) => one(block, names, act)));
}

export function one(block, names, act) {
  const draw = DRAW[block.type];
  return draw ? draw(block, names, act) : unknown(block.type);
}

const DRAW = {
  header: (block) => el("div", { class: "kit-header", role: "heading", "aria-level": "3" }, emojis(block.text.text)),
  divider: () => el("hr", { class: "kit-divider" }),
  section,
  context,
  actions: (block, names, act) => el("div", { class: "kit-actions" }, block.elements.map((e) => element(e, block.block_id, names, act))),
  rich_text: (block, names) => el("div", { class: "text" }, rich(block.elements, names)),
  markdown: (block, names) => el("div", { class: "text" }, mrkdwn(block.text, names)),
  image: (block) => el("p", { class: "text" }, `🖼 ${block.alt_text}`),
};

function section(block, names, act) {
  return el("div", { class: "kit-section" },
    block.text && textObject(block.text, names),
    block.accessory && element(block.accessory, block.block_id, names, act),
    block.fields && el("div", { class: "kit-fields" }, block.fields.map((field) => textObject(field, names))));
}

function context(block, names) {
  return el("div", { class: "kit-context" },
    block.elements.map((e) => (e.type === "image" ? el("span", {}, e.alt_text) : textObject(e, names))));
}

function element(element, blockId, names, act) {
  const draw = ELEMENTS[element.type];
  return draw ? draw(element, blockId, names, act) : unknown(element.type);
}

const ELEMENTS = {
  button,
  static_select: (e, blockId, names, act) => select(e, blockId, optionsOf(e), act),
  overflow: (e, blockId, names, act) => select(e, blockId, optionsOf(e), act),
  users_select: (e, blockId, names, act) => select(e, blockId, names.everybody(), act),
  image: (e) => el("span", { class: "text" }, `🖼 ${e.alt_text}`),
};

function button(element, blockId, names, act) {
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

export function optionsOf(element) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.flatMap((group) => group.options).map((o) => ({ value: o.value, label: emojis(o.text.text) }));
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
