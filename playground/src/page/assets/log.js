// What the bot says as it says it, newest at the bottom: its journal in words, and dimmed beside it the other lines of its log.

import { byId, clock, el, followEnd } from "./dom.js";
import { Journal } from "./journal.js";

const ENTRIES_MAX = 400;
const SHOWN_ELSEWHERE = new Set(["timestamp", "level", "message", "target", "fields", "span", "spans", "threadName", "threadId"]);

export class Log {
  constructor() {
    this.last = 0;
    this.journal = new Journal();
    this.waiting = [];
    followEnd(byId("log-scroll"), byId("log"));
    byId("log-all").addEventListener("change", (event) => byId("log").classList.toggle("all", event.target.checked));
  }

  /** Learns the names of people and channels, so that the journal can be read with names for ids. */
  know(people, channels) {
    this.journal.know(people, channels);
    const entries = this.waiting ?? [];
    this.waiting = null;
    this.add(entries);
  }

  /** Learns the names of more channels. */
  knowChannels(channels) {
    this.journal.know([], channels);
  }

  add(entries) {
    if (this.waiting) return this.waiting.push(...entries);
    for (const entry of entries) {
      if (entry.number <= this.last) continue;
      this.last = entry.number;
      byId("log").append(this.draw(entry.line));
    }
    while (byId("log").children.length > ENTRIES_MAX) byId("log").firstChild.remove();
  }

  draw(line) {
    if (typeof line === "string") return row({ kind: "aside", level: "info", time: "" }, line);
    const at = line.timestamp ? Date.parse(line.timestamp) / 1000 : NaN;
    const time = Number.isFinite(at) ? clock(at, true) : "";
    const level = String(line.level ?? "info").toLowerCase();
    const fact = this.journal.read(line);
    if (fact) return row({ kind: fact.housekeeping ? "fact housekeeping" : "fact", level, time, tone: fact.tone }, ...words(fact));
    const fields = { ...line, ...(line.fields ?? {}) };
    const more = Object.entries(fields).filter(([name]) => !SHOWN_ELSEWHERE.has(name)).map(([name, value]) => `${name}=${plain(value)}`);
    return row({ kind: "aside", level, time }, [fields.message ?? line.target ?? "", ...more].join(" "));
  }
}

function words(fact) {
  return [
    el("strong", { class: "event" }, fact.title ?? fact.name.replaceAll("-", " ")), " ",
    fact.about && el("span", { class: "about" }, fact.about), fact.about && " ",
    el("span", { class: "more" }, fact.words),
  ];
}

const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function row({ kind, level, time, tone }, ...what) {
  return el("li", { class: `entry ${kind}`, data: { level, tone: tone ?? "" } }, el("time", {}, time), el("span", { class: "what" }, what));
}
