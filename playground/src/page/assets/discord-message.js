// A message of Discord to DOM: embeds, components, who alone sees it. What this page cannot show is said so, in red.

import { avatar, el } from "./dom.js";
import { inline, markdown, said } from "./markdown.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
/** Kind of a message that says that one was pinned. */
const PINNED = 6;
/** Style of a button that leads to an address. */
const LINK = 5;
const BUTTONS = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", [LINK]: "secondary" };

export const BOT = { id: "discord-bot", name: "Glasskey", bot: true };
const DISCORD = { id: "discord", name: "Discord" };

/** `act(message, component, chosen, control)` is called when a person uses a component. */
export function message(item, view) {
  if (item.kind === PINNED) return pinned(item, view);
  const author = item.from_discord ? DISCORD : view.person(item.author);
  const isMine = Boolean(item.flags & EPHEMERAL) || Boolean(item.only_for);
  return el("li", { class: isMine ? "dc-msg dc-mine" : "dc-msg", data: { id: item.id } },
    avatar(author),
    el("div", { class: "dc-body" },
      el("div", { class: "dc-head" },
        el("span", { class: "dc-name" }, author.name),
        author.bot && el("span", { class: "dc-app" }, "APP"),
        el("time", { class: "dc-when", datetime: new Date(item.made_ms).toISOString() }, said(item.made_ms)),
        item.pinned && el("span", { class: "dc-when" }, "📌 pinned"),
        item.edited_ms && !isMine && el("span", { class: "dc-when" }, "(edited)")),
      item.flags & LOADING ? thinking(author) : content(item, view),
      isMine && onlyYou(item, view)));
}

function thinking(author) {
  return el("p", { class: "dc-thinking" }, el("span", { class: "dc-dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), `${author.name} is thinking…`);
}

function content(item, view) {
  const used = (component, chosen, control) => view.act(item, component, chosen, control);
  return el("div", { class: "dc-content" },
    item.content && el("div", { class: "text" }, markdown(item.content, view.names)),
    item.embeds.map((embed) => embedded(embed, view.names)),
    item.components.map((component) => one(component, view.names, used)));
}

function onlyYou(item, view) {
  return el("p", { class: "dc-only" }, el("span", { "aria-hidden": "true" }, "👁 "), "Only you can see this · ",
    el("button", { type: "button", class: "dc-dismiss", onclick: () => view.dismiss(item) }, "Dismiss message"));
}

function pinned(item, view) {
  return el("li", { class: "dc-msg dc-notice", data: { id: item.id } }, el("span", { class: "dc-pin", "aria-hidden": "true" }, "📌"),
    el("p", {}, el("strong", {}, view.person(item.author).name), " pinned a message to this channel. ", el("time", { class: "dc-when" }, said(item.made_ms))));
}

/** A command as its author typed it: what one sees of it above the answer. */
export function typed(item, me, names) {
  const words = item.line.replace(/<@!?(\d+)>/g, (all, id) => `@${names.user(id) ?? id}`);
  return el("li", { class: "dc-msg dc-typed", data: { id: item.id } }, el("span", { class: "dc-hook", "aria-hidden": "true" }),
    el("p", {}, el("strong", {}, me), " used ", el("code", {}, words)));
}

function embedded(embed, names) {
  const colour = embed.color === undefined || embed.color === null ? null : `#${embed.color.toString(16).padStart(6, "0")}`;
  return el("article", { class: "dc-embed", style: colour ? { "--bar": colour } : {} },
    embed.author && el("p", { class: "dc-author" }, embed.author.name),
    embed.title && el("p", { class: "dc-title", role: "heading", "aria-level": "3" }, titled(embed)),
    embed.description && el("div", { class: "text" }, markdown(embed.description, names)),
    embed.fields?.length > 0 && el("div", { class: "dc-fields" }, embed.fields.map((field) => el("div", { class: field.inline ? "dc-field" : "dc-field wide" },
      el("p", { class: "dc-label" }, inline(field.name, NOBODY)), el("div", { class: "text" }, markdown(field.value, names))))),
    embed.footer && el("p", { class: "dc-foot" }, embed.footer.text));
}

/** In titles Discord shows no mentions. */
const NOBODY = { user: () => null, channel: () => null };

function titled(embed) {
  const words = inline(embed.title, NOBODY);
  return embed.url ? el("a", { href: embed.url, target: "_blank", rel: "noopener noreferrer" }, words) : words;
}

/** A component of a message, or of a modal that only shows something. */
export function one(component, names, used) {
  const within = () => component.components.map((inner) => one(inner, names, used));
  switch (component.type) {
    case 1: return el("div", { class: "dc-row" }, within());
    case 2: return button(component, used);
    case 3: return select(component, component.options ?? [], used);
    case 5: return select(component, names.everybody(), used);
    case 9: return el("div", { class: "dc-section" }, el("div", {}, within()), component.accessory && one(component.accessory, names, used));
    case 10: return el("div", { class: "text" }, markdown(component.content, names));
    case 14: return el("hr", { class: "kit-divider" });
    case 17: return el("div", { class: "dc-embed" }, within());
    default: return el("p", { class: "kit-unknown" }, `This page does not know how to show a component of type ${component.type}.`);
  }
}

function button(component, used) {
  const press = (event) => {
    if (component.style === LINK) window.open(component.url, "_blank", "noopener");
    else used(component, null, event.currentTarget);
  };
  return el("button", {
    class: `dc-button ${BUTTONS[component.style]}`, type: "button", data: { action: component.custom_id ?? component.url },
    "aria-disabled": component.disabled && "true", onclick: press,
  }, component.label ?? component.emoji?.name);
}

function select(component, options, used) {
  const label = component.placeholder ?? "Make a selection";
  return el("select", { class: "dc-select", "aria-label": label, data: { action: component.custom_id }, onchange: (event) => event.target.value && used(component, [event.target.value], event.target) },
    el("option", { value: "" }, label),
    options.map((o) => el("option", { value: o.value, selected: o.default }, o.label)));
}
