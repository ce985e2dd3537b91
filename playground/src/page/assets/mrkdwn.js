// Slack's mrkdwn to DOM nodes. Entities are decoded last and once, so that escaped text can never become a mention.

import { clock, el } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅", x: "❌", lock: "🔒", unlock: "🔓", key: "🔑", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  warning: "⚠️", rotating_light: "🚨", no_entry: "⛔", no_entry_sign: "🚫", eyes: "👀", bell: "🔔", clock3: "🕒",
  timer_clock: "⏲️", stopwatch: "⏱️", tada: "🎉", wave: "👋", memo: "📝", shield: "🛡️", leftwards_arrow_with_hook: "↩️",
  heavy_check_mark: "✔️", information_source: "ℹ️", fire_extinguisher: "🧯", point_right: "👉", alarm_clock: "⏰",
  large_yellow_circle: "🟡", large_green_circle: "🟢", large_orange_circle: "🟠", red_circle: "🔴",
};

const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(?=\S)([^*\n]*[^\s*])\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*[^\s_])_(?![\w_])|(?<![\w~])~(?=\S)([^~\n]*[^\s~])~(?![\w~])|:([a-z0-9_+-]+):/;

export function decode(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Nodes for a text object of Block Kit. `names` turns ids into names. */
export function textObject(object, names) {
  const holder = el("div", { class: "text" });
  if (object?.type === "mrkdwn") holder.append(...mrkdwn(object.text, names));
  else holder.append(emojis(object?.text ?? ""));
  return holder;
}

/** Nodes for a string of mrkdwn, quotes included. */
export function mrkdwn(text, names) {
  const nodes = [];
  let quote = [];
  const flush = () => {
    if (quote.length) nodes.push(el("blockquote", {}, inline(quote.join("\n"), names)));
    quote = [];
  };
  const lines = text.includes("```") ? [text] : text.split("\n");
  lines.forEach((line, n) => {
    const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    if (quoted) return quote.push(quoted[1]);
    const afterQuote = quote.length > 0;
    flush();
    if (n > 0 && !afterQuote) nodes.push("\n");
    nodes.push(...inline(line, names));
  });
  flush();
  return nodes;
}

function inline(text, names) {
  const nodes = [];
  let rest = text;
  for (let hit = TOKEN.exec(rest); hit; hit = TOKEN.exec(rest)) {
    if (hit.index > 0) nodes.push(decode(rest.slice(0, hit.index)));
    nodes.push(token(hit, names));
    rest = rest.slice(hit.index + hit[0].length);
  }
  if (rest) nodes.push(decode(rest));
  return nodes;
}

function token([all, block, code, control, bold, italic, strike, emoji], names) {
  if (block !== undefined) return el("pre", {}, decode(block.replace(/^\n/, "")));
  if (code !== undefined) return el("code", {}, decode(code));
  if (control !== undefined) return controlled(control, names);
  if (bold !== undefined) return el("strong", {}, inline(bold, names));
  if (italic !== undefined) return el("em", {}, inline(italic, names));
  if (strike !== undefined) return el("s", {}, inline(strike, names));
  return EMOJI[emoji] ?? all;
}

function controlled(control, names) {
  const [target, label] = split(control);
  if (target.startsWith("@")) return el("span", { class: "mention" }, `@${names.user(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return el("span", { class: "mention" }, `#${names.channel(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return el("span", { class: "mention loud" }, `@${target.slice(1).split("^")[0]}`);
  return link(target, label);
}

function split(control) {
  const bar = control.indexOf("|");
  return bar < 0 ? [control, null] : [control.slice(0, bar), control.slice(bar + 1)];
}

function link(target, label) {
  const address = decode(target);
  const words = decode(label ?? target).replace(/^mailto:/, "");
  if (!/^(https?|mailto):/i.test(address)) return words;
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, words);
}

/** `<!date^1732150000^{date_short} {time}^link|fallback>`: local time, and a countdown while it lies ahead. */
function date(target, fallback) {
  const [, seconds, format = "{date_short_pretty} {time}"] = target.split("^");
  const at = Number(seconds);
  if (!Number.isFinite(at)) return decode(fallback ?? target);
  const iso = new Date(at * 1000).toISOString();
  const words = decode(format).replace(/\{(\w+)\}/g, (all, name) => dateWord(name, at) ?? all);
  const time = el("time", { datetime: iso, title: decode(fallback ?? iso) }, words);
  if (at * 1000 > Date.now()) time.append(el("span", { class: "left", data: { until: at } }, left(at)));
  return time;
}

function dateWord(name, at) {
  const day = (options) => new Date(at * 1000).toLocaleDateString([], options);
  const near = nearDay(at);
  switch (name) {
    case "date_num": return new Date(at * 1000).toISOString().slice(0, 10);
    case "date": return day({ year: "numeric", month: "long", day: "numeric" });
    case "date_short": return day({ year: "numeric", month: "short", day: "numeric" });
    case "date_long": return day({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
    case "date_pretty": return near ?? dateWord("date", at);
    case "date_short_pretty": return near ?? dateWord("date_short", at);
    case "date_long_pretty": return near ?? dateWord("date_long", at);
    case "time": return clock(at);
    case "time_secs": return clock(at, true);
    case "ago": return `${left(at)}`;
    default: return null;
  }
}

function nearDay(at) {
  const midnight = (date) => new Date(date).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(at * 1000) - midnight(Date.now())) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

/** The time left, as a person reads it: `1:05:09`, `4:59`, `now`. */
export function left(at) {
  const seconds = Math.round(at - Date.now() / 1000);
  if (seconds <= 0) return "now";
  const pad = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** Moves every countdown on the page. */
export function tick() {
  for (const node of document.querySelectorAll(".left")) {
    const at = Number(node.dataset.until);
    node.textContent = left(at);
    node.classList.toggle("soon", at - Date.now() / 1000 < 60);
  }
}

export function emojis(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI[name] ?? all);
}
