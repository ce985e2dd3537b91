// Discord's markdown to DOM nodes. It shows what Discord would show, also of what should have been escaped: a page that is
// kinder than Discord would hide a forgery.

import { clock, el } from "./dom.js";
import { left } from "./mrkdwn.js";

/** Tried in this order at each place of the text; what none of them takes is a character. */
const RULES = [
  { at: /\\([^0-9A-Za-z\s])/y, make: ([, char]) => char },
  { at: /```(?:[a-z0-9_+-]+\n)?\n*([\s\S]*?)\n*```/y, make: ([, code]) => el("pre", {}, code) },
  { at: /(`+)([\s\S]*?[^`])\1(?!`)/y, make: ([, , code]) => el("code", {}, code.trim() || code) },
  { at: /<(https?:\/\/[^\s>]+)>/y, make: ([, url]) => link(url, url) },
  { at: /<@!?(\d+)>/y, make: ([all, id], names) => mention(names.user(id), "@", all) },
  { at: /<#(\d+)>/y, make: ([all, id], names) => mention(names.channel(id), "#", all) },
  { at: /<@&(\d+)>/y, make: () => loud("@role") },
  { at: /<\/([\w -]+):\d+>/y, make: ([, name]) => el("span", { class: "mention" }, `/${name}`) },
  { at: /<a?:(\w+):\d+>/y, make: ([, name]) => `:${name}:` },
  { at: /<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y, make: ([, at, style]) => moment(Number(at), style ?? "f") },
  { at: /@(everyone|here)/y, make: ([all]) => loud(all) },
  { at: /\[((?:\\[\s\S]|[^\]\\])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/y, make: ([, words, url], names) => link(url, inline(words, names)) },
  { at: /https?:\/\/[^\s<]+[^<.,:;"'\]\s]/y, make: ([url]) => link(url, url) },
  { at: /\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, make: wrapped("strong") },
  { at: /__((?:\\[\s\S]|[^\\])+?)__(?!_)/y, make: wrapped("u") },
  { at: /\*(?=\S)((?:\\[\s\S]|[^\\*])+?)\*(?!\*)/y, make: wrapped("em") },
  { at: /(?<![A-Za-z0-9])_((?:\\[\s\S]|[^\\_])+?)_(?![A-Za-z0-9])/y, make: wrapped("em") },
  { at: /~~((?:\\[\s\S]|[^\\])+?)~~/y, make: wrapped("s") },
  { at: /\|\|((?:\\[\s\S]|[^\\])+?)\|\|/y, make: wrapped("span", "spoiler") },
];

const LINES = [
  { at: /^-# (.+)$/, make: (words) => el("p", { class: "dc-small" }, words) },
  { at: /^(#{1,3}) (.+)$/, make: (words, level) => el("p", { class: `dc-h${level.length}` }, words) },
  { at: /^\s*(?:[-*]|\d+\.) (.+)$/, make: (words) => el("p", { class: "dc-item" }, words) },
];

/** Nodes for a text of several lines. `names` turns ids into names. */
export function markdown(text, names) {
  const nodes = [];
  let quote = [];
  const flush = () => {
    if (quote.length) nodes.push(el("blockquote", {}, inline(quote.join("\n"), names)));
    quote = [];
  };
  let isOpen = false;
  for (const [n, line] of blocks(text).entries()) {
    const quoted = /^> (.*)$/s.exec(line);
    if (quoted) {
      quote.push(quoted[1]);
      isOpen = false;
      continue;
    }
    flush();
    const block = whole(line, names);
    if (isOpen && !block && n > 0) nodes.push("\n");
    isOpen = !block;
    if (block) nodes.push(block);
    else nodes.push(...inline(line, names));
  }
  flush();
  return nodes;
}

/** Lines, but a block of code is one, and so is everything after `>>> `. */
function blocks(text) {
  const all = /^>>> ([\s\S]*)$/m.exec(text);
  if (all) return [...blocks(text.slice(0, all.index).replace(/\n$/, "")), ...all[1].split("\n").map((line) => `> ${line}`)].filter((line, n) => n > 0 || line);
  return text.split(/(```[\s\S]*?```)/).flatMap((part) => (part.startsWith("```") ? [part] : part.split("\n")));
}

/** A line that is more than text: a header, small print, an item of a list. */
function whole(line, names) {
  for (const { at, make } of LINES) {
    const hit = at.exec(line);
    if (hit) return make(inline(hit.at(-1), names), hit[1]);
  }
  return null;
}

/** Nodes within a line. */
export function inline(text, names) {
  const nodes = [];
  let plain = "";
  for (let place = 0; place < text.length;) {
    const found = first(text, place);
    if (!found) {
      plain += text[place];
      place += 1;
      continue;
    }
    const node = found.rule.make(found.hit, names);
    if (typeof node === "string") plain += node;
    else {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(node);
    }
    place += found.hit[0].length;
  }
  return plain ? [...nodes, plain] : nodes;
}

function first(text, place) {
  for (const rule of RULES) {
    rule.at.lastIndex = place;
    const hit = rule.at.exec(text);
    if (hit) return { rule, hit };
  }
  return null;
}

function wrapped(tag, kind) {
  return ([, words], names) => el(tag, { class: kind }, inline(words, names));
}

function mention(name, sign, all) {
  return el("span", { class: "mention" }, name ? sign + name : all);
}

const loud = (words) => el("span", { class: "mention loud" }, words);

function link(address, words) {
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, words);
}

const STYLES = {
  t: { hour: "2-digit", minute: "2-digit" },
  T: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  d: { year: "numeric", month: "2-digit", day: "2-digit" },
  D: { year: "numeric", month: "long", day: "numeric" },
  f: { year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" },
  F: { weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" },
};

/** `<t:1732150000:f>`: the reader's own time, and a countdown while it lies ahead. */
function moment(at, style) {
  const date = new Date(at * 1000);
  const iso = date.toISOString();
  const words = style === "R" ? ago(at) : date.toLocaleString([], STYLES[style]);
  const time = el("time", { class: "dc-time", datetime: iso, title: date.toLocaleString([], STYLES.F) }, words);
  if (at * 1000 > Date.now()) time.append(el("span", { class: "left", data: { until: at } }, left(at)));
  return time;
}

function ago(at) {
  const seconds = Math.round(at - Date.now() / 1000);
  const [unit, size] = [["day", 86_400], ["hour", 3600], ["minute", 60]].find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** `Today at 16:20`, as Discord puts it beside a name. */
export function said(ms) {
  const day = (date) => new Date(date).setHours(0, 0, 0, 0);
  const days = Math.round((day(Date.now()) - day(ms)) / 86_400_000);
  const when = { 0: "Today at ", 1: "Yesterday at " }[days] ?? `${new Date(ms).toLocaleDateString([], STYLES.d)} `;
  return when + clock(ms / 1000);
}
