// The bot's own words: its log lines as they come, newest at the bottom.

import { byId, clock, el, followEnd } from "./dom.js";

const ENTRIES_MAX = 400;
const SHOWN_ELSEWHERE = new Set(["timestamp", "level", "message", "target", "fields", "span", "spans", "threadName", "threadId"]);

export class Log {
  constructor() {
    this.last = 0;
    followEnd(byId("log-scroll"), byId("log"));
    byId("log-all").addEventListener("change", (event) => byId("log").classList.toggle("all", event.target.checked));
  }

  add(entries) {
    for (const entry of entries) {
      if (entry.number <= this.last) continue;
      this.last = entry.number;
      byId("log").append(draw(entry.line));
    }
    while (byId("log").children.length > ENTRIES_MAX) byId("log").firstChild.remove();
  }
}

function draw(line) {
  if (typeof line === "string") return row("info", "", line, "");
  const fields = { ...line, ...(line.fields ?? {}) };
  const more = Object.entries(fields).filter(([name]) => !SHOWN_ELSEWHERE.has(name)).map(([name, value]) => `${name}=${plain(value)}`);
  const at = line.timestamp ? Date.parse(line.timestamp) / 1000 : NaN;
  const time = Number.isFinite(at) ? clock(at, true) : "";
  return row(String(line.level ?? "info").toLowerCase(), time, fields.message ?? line.event ?? line.target ?? "", more.join(" "));
}

const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function row(level, time, what, more) {
  return el("li", { class: "entry", data: { level } }, el("time", {}, time),
    el("span", { class: "what" }, what, more && el("span", { class: "more" }, ` ${more}`)));
}
