// What Okta holds now: the emergency app, who is in its groups, until when, and the calls as they come.

import { avatar, byId, clock, el } from "./dom.js";
import { left } from "./mrkdwn.js";

const FADE_MS = 2600;
const ROWS_SHOWN = 12;
/** The status line of the card of an emergency that is on: `*ON* until <!date^1732150000^…>`. */
const ON_UNTIL = /^\*ON\* until <!date\^(\d+)\^/;
const CARD_STATUS = /^BG-[0-9A-Z]+\.\d+\.status$/;

export class Okta {
  /** `act(happening)` lets something happen at Okta. */
  constructor(act) {
    this.act = act;
    this.before = null;
    this.gone = new Map();
    this.fresh = [];
    this.people = [];
    this.until = null;
    byId("okta-read-only").addEventListener("click", () => this.act({ what: this.state.read_only ? "okta-takes-changes" : "okta-goes-read-only" }));
    byId("okta-add").addEventListener("change", (event) => this.add(event.target));
  }

  /** Learns from the chat who people are, and until when the emergency is on: its card says so. */
  know({ people, timeline }) {
    const until = deadline(timeline);
    const same = until === this.until && this.people.length === people.length;
    this.people = people;
    this.until = until;
    if (this.state && !same) this.draw();
  }

  show(state) {
    this.state = state;
    // Calls come by the dozen; drawing all again with each would cut animations short and take what one points at away.
    const said = JSON.stringify([state.apps, state.groups, state.read_only]);
    if (said !== this.said) {
      this.said = said;
      const news = this.news();
      this.draw();
      this.offer();
      if (news.length) byId("okta-live").textContent = news.join(". ");
    }
    this.calls();
  }

  // ---- what changed

  news() {
    const now = new Map(this.held().map((held) => [held.key, held]));
    const app = this.app()?.active;
    const { before } = this;
    this.before = { held: now, app };
    this.moved = false;
    if (!before) return [];
    const came = [...now.keys()].filter((key) => !before.held.has(key));
    const went = [...before.held.values()].filter((held) => !now.has(held.key));
    this.fresh = came;
    this.moved = app !== before.app;
    if (went.length) this.fade(went);
    return [
      this.moved && `The emergency app is ${word(app)}`,
      ...came.map((key) => `${now.get(key).member.name} is in ${now.get(key).level}`),
      ...went.map((held) => `${held.member.name} is out of ${held.level}`),
    ].filter(Boolean);
  }

  /** Who went is shown for a moment, and then no more. */
  fade(went) {
    const timer = setTimeout(() => {
      went.forEach((held) => this.gone.get(held.key)?.timer === timer && this.gone.delete(held.key));
      this.fresh = [];
      this.draw();
    }, FADE_MS);
    went.forEach((held) => this.gone.set(held.key, { ...held, timer }));
  }

  app() {
    return this.state.apps[0];
  }

  groups() {
    const assigned = this.app()?.groups ?? [];
    return assigned.map((id) => this.state.groups.find((group) => group.id === id)).filter(Boolean);
  }

  held() {
    return this.groups().flatMap((group) =>
      group.members.map((member) => ({ key: `${group.id} ${member.id}`, group: group.id, level: level(group), member })));
  }

  // ---- what is shown

  draw() {
    const app = this.app();
    byId("okta").replaceChildren(...(app ? [this.appRow(app), ...this.groups().map((group) => this.groupRow(group))] : ["There is no app."]));
    this.moved = false;
    const button = byId("okta-read-only");
    button.setAttribute("aria-pressed", String(this.state.read_only));
    byId("okta-panel").classList.toggle("alarm", app?.active ?? false);
  }

  appRow(app) {
    const state = el("span", { class: `app-state ${app.active ? "on" : "off"}${this.moved ? " moved" : ""}` }, word(app.active));
    return el("div", { class: "okta-app", data: { app: app.id, active: String(app.active) } },
      el("span", { class: "app-name" }, app.label, el("span", { class: "account-id" }, app.id)), state, app.active && this.rest());
  }

  /** The time left when chat says it; until then, since when. */
  rest() {
    if (this.until) {
      return el("span", { class: "app-time" }, "ends in",
        el("span", { class: "left", role: "timer", data: { until: this.until } }, left(this.until)));
    }
    const since = this.state.events.find((event) => event.event_type === "application.lifecycle.activate");
    return since && el("span", { class: "app-time" }, `since ${clock(since.at_ms / 1000, true)}`);
  }

  groupRow(group) {
    const gone = [...this.gone.values()].filter((held) => held.group === group.id && !group.members.some((m) => m.id === held.member.id));
    const chips = [
      ...group.members.map((member) => this.member(group, member)),
      ...gone.map(({ member }) => el("li", { class: "chip gone" }, member.name)),
    ];
    return el("div", { class: "okta-group", data: { group: group.id } },
      el("span", { class: "group-name" }, level(group), el("span", { class: "account-id", title: group.name }, role(group))),
      chips.length ? el("ul", { class: "holders" }, chips) : el("span", { class: "nothing" }, "nobody"));
  }

  member(group, member) {
    const person = this.people.find((p) => p.handle === member.handle) ?? member;
    const byHand = this.byHand(group, member);
    const fresh = this.fresh.includes(`${group.id} ${member.id}`) ? " new" : "";
    return el("li", { class: `chip ${byHand ? "stranger" : "person"}${fresh}` }, avatar(person), member.name, byHand && el("strong", {}, "by hand"));
  }

  byHand(group, member) {
    const put = this.state.events.find((event) => event.event_type === "group.user_membership.add"
      && event.targets.some((t) => t.id === group.id) && event.targets.some((t) => t.id === member.id));
    return put?.actor.id === "00uconsole";
  }

  calls() {
    const { calls } = this.state;
    const newest = calls[0]?.number ?? 0;
    if (newest === this.newest && calls.length === this.callCount) return;
    const before = this.newest ?? newest;
    this.newest = newest;
    this.callCount = calls.length;
    const rows = gathered(calls).slice(0, ROWS_SHOWN).map((run) => callRow(run, run[0].number > before));
    byId("okta-calls").replaceChildren(...(rows.length ? rows : [el("li", { class: "call" }, "no calls yet")]));
  }

  // ---- what a visitor may do

  /** Whom one could put into which group by hand. Everybody whom Okta knows is in `Everyone`. */
  offer() {
    const everybody = this.state.groups.find((group) => group.type === "BUILT_IN")?.members ?? [];
    const options = this.groups().map((group) => {
      const others = everybody.filter((user) => !group.members.some((member) => member.id === user.id));
      return el("optgroup", { label: `into ${level(group)}` }, others.map((user) => el("option", { value: `${group.id} ${user.id}` }, `${user.name} into ${level(group)}`)));
    });
    byId("okta-add").replaceChildren(el("option", { value: "" }, "Add somebody by hand…"), ...options);
  }

  add(select) {
    const [group, user] = select.value.split(" ");
    select.value = "";
    if (user) this.act({ what: "added-by-hand", user, group });
  }
}

function deadline(timeline) {
  for (const { blocks } of timeline.toReversed()) {
    const status = blocks.find((block) => CARD_STATUS.test(block.block_id ?? ""));
    const found = ON_UNTIL.exec(status?.text?.text ?? "");
    if (found) return Number(found[1]);
  }
  return null;
}

/** `aws#EmergencyAccess_Role1_RO#222222222222` says which level it is. */
const level = (group) => (/_RO\b/i.test(group.name) ? "ro" : "ops");
const role = (group) => group.name.split("#")[1] ?? group.name;
const word = (active) => (active ? "ACTIVE" : "INACTIVE");

/** Calls in runs: reads that were answered, one after the other, are one row, or nobody would find the writes between them. */
function gathered(calls) {
  const runs = [];
  for (const call of calls) {
    const run = runs.at(-1);
    if (run && plainRead(call) && plainRead(run[0])) run.push(call);
    else runs.push([call]);
  }
  return runs;
}

const plainRead = (call) => call.method === "GET" && call.outcome === "answered";

function callRow(run, fresh) {
  const [call] = run;
  const path = call.path.split("?")[0];
  const wrote = call.method !== "GET";
  const what = run.length > 1 ? ` ${run.length} reads, the latest ${path}` : ` ${path}`;
  const answer = call.status ? `${call.status}${call.code ? ` ${call.code}` : ""}` : call.outcome.replaceAll("_", " ");
  const tone = call.outcome === "answered" ? "" : "no";
  return el("li", { class: `call${wrote ? " wrote" : ""}${fresh ? " fresh" : ""}`, data: { tone } },
    el("time", {}, clock(call.at_ms / 1000, true)),
    el("span", { class: "what" }, el("strong", {}, call.method), what), el("span", { class: "answer" }, answer));
}
