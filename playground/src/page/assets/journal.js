// The bot's journal in words: one event, what it is about, and what it says. An event that is not known here is shown as it is.

import { clock } from "./dom.js";
import * as emergency from "./emergency.js";

/** Events that keep the bot's own house: shown with "every detail" only. */
const HOUSEKEEPING = new Set(["card-intended", "card-shown", "tell-intended", "person-bound"]);

const PLATFORMS = { slack: "Slack", discord: "Discord" };

/** How an event should look at first sight. */
const TONES = {
  approved: "yes", "grant-confirmed": "yes", "end-confirmed": "yes",
  refused: "no", denied: "no", lapsed: "no", "change-failed": "no", "removed-by-hand": "no", "overdue-told": "no",
  "person-linked": "yes", trouble: "no", "center-silent": "no", "center-answers": "yes", undeliverable: "no", "card-undeliverable": "no",
};

/** Reads journal lines one after the other: ids get their names from what was said before. */
export class Journal {
  constructor() {
    this.people = new Map();
    /** What things are called, by what they are. */
    this.things = new Map();
    this.channels = new Map();
  }

  /** `{ name, title, about, words, tone, housekeeping }` of a log line, or null when it is no line of the journal. */
  read(line) {
    if (line.target !== "glasskey::journal" || typeof line.event !== "string") return null;
    const event = parsed(line.event);
    if (!event) return null;
    if (event.event === "emergency") return this.emergency(event);
    const name = event.event;
    this.learn(event);
    const about = event.id ?? event.ask?.id ?? (event.tell ?? "").split("/")[0];
    const words = WORDS[name]?.(event, this) ?? rest(event);
    return { name, about, words, tone: TONES[name] ?? "", housekeeping: HOUSEKEEPING.has(name) };
  }

  /** A fact about break-glass, which has words and tones of its own. */
  emergency({ id, fact }) {
    const name = fact.fact;
    const at = { person: (one) => this.person(one), moment };
    const words = emergency.WORDS[name]?.(fact, at) ?? rest({ ...fact, fact: undefined });
    return { name, title: `break-glass: ${name.replaceAll("-", " ")}`, about: id, words, tone: emergency.TONES[name] ?? "", housekeeping: emergency.HOUSEKEEPING.has(name) };
  }

  know(people, channels) {
    for (const person of people) if (person.identity) this.people.set(person.identity, person.name);
    for (const channel of channels) this.channels.set(channel.id, channel.name);
  }

  learn({ ask }) {
    for (const item of ask ? things(ask) : []) this.things.set(JSON.stringify(item.target), called(item));
  }

  person(id) {
    return this.people.get(id) ?? id;
  }

  holding({ principal, target }) {
    const bare = target.group ? `the group ${target.group}` : `${target.permission_set} in ${target.account}`;
    return `${this.things.get(JSON.stringify(target)) ?? bare} for ${this.person(principal)}`;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** All that is asked for: one thing, or those of a bundle. */
const things = (ask) => [ask, ...(ask.more ?? [])];

const called = (item) => (item.target.group ? `the group ${item.group_name}` : `${item.permission_set_name} in ${item.account_name}`);

const WORDS = {
  started: (e) => `version ${e.version}`,
  "policy-loaded": (e) => (e.files ?? []).join(", "),
  "directory-read": ({ counts: [people, groups, accounts, sets] }) =>
    `${people} people, ${groups} groups, ${accounts} accounts, ${sets} permission sets`,
  "person-bound": (e, at) => `${e.account.user} is ${at.person(e.person)}, by ${e.email}`,
  requested: ({ ask }, at) =>
    `${at.person(ask.requester)}: ${things(ask).map(called).join(", ")} for ${length(ask.length)}, “${ask.reason}”`,
  refused: (e) => `${e.verb}: ${e.refusal.refusal}${e.refusal.sentence ? `, ${e.refusal.sentence}` : ""}`,
  approved: (e, at) => `by ${at.person(e.approval.by)}, who may by ${e.approval.policies.join(", ")}`,
  denied: (e, at) => `by ${at.person(e.by)}: “${e.why}”`,
  withdrawn: () => "by the requester",
  lapsed: () => "nobody answered in time",
  "grant-ordered": (e) => `deadline ${moment(e.deadline)}, written before the first call`,
  "already-held": ({ via }) => (via.groups ? "the person has it through a group, and keeps it" : "the person has it directly, and keeps it"),
  "change-intended": (e, at) => `about to ${e.change} ${at.holding(e.holding)}`,
  "change-running": (e) => `AWS took the ${e.change} and works on it`,
  "change-succeeded": (e) => `AWS says the ${e.change} is done; a look must confirm it`,
  "create-forgone": (e, at) => `${at.holding(e.holding)}: nothing was called; before anything is, it is looked at again`,
  "change-failed": (e) => `AWS could not ${e.change}: ${e.why}`,
  looked: (e, at) => `${at.holding(e.holding)}: ${e.present ? "is there" : "is not there"}`,
  trouble: (e) => e.what ?? "it is over",
  scheduled: (e) => `begins ${moment(e.starts_at)}, ends ${moment(e.deadline)}`,
  "extension-asked": (e) => `${length(e.extension.by)} more`,
  "extension-approved": (e, at) => `by ${at.person(e.approval.by)}, who may by ${e.approval.policies.join(", ")}`,
  "extension-denied": (e, at) => `by ${at.person(e.by)}: “${e.why}”`,
  extended: (e) => `until ${moment(e.deadline)}, by ${e.policies.join(", ")}`,
  "grant-confirmed": (e) => `AWS shows it; until ${moment(e.deadline)}`,
  "end-ordered": (e) => `${e.cause.cause}, due ${moment(e.due)}`,
  "end-confirmed": (e) => `AWS shows it no more, ${(e.lateness_ms / 1000).toFixed(1)} s after it was due`,
  "card-shown": (e) => `version ${e.version}`,
  "card-intended": () => "the card is about to be posted",
  "tell-intended": (e, at) => told(e.tell, at),
  told: (e, at) => told(e.tell, at),
  "person-linked": (e, at) => `${at.person(e.person)} is ${e.account.user} in ${PLATFORMS[e.account.door] ?? e.account.door}, ${e.sign_in ? "by signing in at the company" : "an administrator says"}`,
  "person-unlinked": (e, at) => `${e.account.user} in ${PLATFORMS[e.account.door] ?? e.account.door} was ${at.person(e.person)}`,
  "center-silent": (e) => `Identity Center does not answer since ${moment(e.since)}`,
  "center-answers": (e) => `Identity Center answers since ${moment(e.since)}`,
};

function told(tell, at) {
  const [, words, kind, whom] = tell.split("/");
  // `linked-1290000000000001004@discord`: what is told, about which account, and where.
  const [about, on] = words.split("@");
  const what = `${about.replace(/-\d{15,}$/, "")}${on ? ` in ${PLATFORMS[on] ?? on}` : ""}`;
  if (kind === "channel") return `${what} → #${at.channels.get(whom) ?? whom}`;
  return whom ? `${what} → ${at.person(whom)}` : `${what} → the channel`;
}

const moment = (iso) => clock(Date.parse(iso) / 1000, true);

function length(seconds) {
  const [h, m] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return [h && `${h} h`, m && `${m} min`].filter(Boolean).join(" ") || `${seconds} s`;
}

function rest(event) {
  return Object.entries(event).filter(([name, value]) => name !== "event" && name !== "id" && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
}
