// Facts about break-glass in words, for the log. A fact that is not known here is shown as it is.

/** Facts that keep the bot's own house: shown with "every detail" only. */
export const HOUSEKEEPING = new Set(["recognised", "proposal-reminded", "reminded"]);

export const TONES = {
  confirmed: "yes", "seat-confirmed": "yes", "on-confirmed": "yes", "off-confirmed": "yes", reviewed: "yes",
  declined: "no", lapsed: "no", "went-alone": "no", trouble: "no", "strangers-seen": "no", "seat-gone": "no", "overdue-told": "no",
};

/** By fact: what it says. `at` knows the names of people and `moment` how a time is shown. */
export const WORDS = {
  proposed: ({ ask }, at) => `${who(ask.by, at)} wants it for ${ask.incident ?? "no incident"}, “${ask.reason}”`,
  confirmed: (f, at) => `by ${at.person(f.approval.by)}, who may by ${f.approval.policies.join(", ")}`,
  "went-alone": (f, at) => `${at.person(f.by)} goes on alone`,
  declined: (f, at) => `by ${who(f.by, at)}${f.why ? `: “${f.why}”` : ""}`,
  withdrawn: () => "by who asked for it",
  lapsed: () => "nobody confirmed it in time",
  "alone-offered": () => "the opener may go on alone now",
  ordered: (f, at) => `deadline ${at.moment(f.deadline)}, written before the first call`,
  "taken-over": (f) => `${f.by} goes on in its place`,
  "seat-given": (f, at) => `${at.person(f.person)} for ${f.level}`,
  "seats-taken": (f, at) => `from ${at.person(f.person)}, by ${who(f.by, at)}`,
  extended: (f, at) => `until ${at.moment(f.deadline)}, by ${who(f.by, at)}`,
  "changes-intended": (f) => `about to ask Okta for ${f.changes.length === 1 ? "a change" : `${f.changes.length} changes`}`,
  "changes-made": (f) => `Okta answered ${f.results.length === 1 ? "it" : `all ${f.results.length}`}; a look must confirm it`,
  looked: () => "at the app and its groups",
  trouble: (f) => f.what ?? "it is over",
  "strangers-seen": (f) => `in ${f.level}, not added by Glasskey: ${f.members.map((m) => m.login).join(", ") || "nobody any more"}`,
  "seat-confirmed": (f, at) => `Okta shows ${at.person(f.person)} in ${f.level}`,
  "seat-gone": (f, at) => `${at.person(f.person)} was taken out of ${f.level} by hand`,
  "on-confirmed": (f, at) => `Okta shows it; until ${at.moment(f.deadline)}`,
  "end-announced": () => "its end is near",
  "asked-to-close": () => "Identity Center answers again",
  "metadata-fetched": (f) => f.fault ?? "sign-in metadata is there",
  "close-ordered": (f, at) => `${f.cause.cause ?? "now"}, due ${at.moment(f.due)}`,
  "off-confirmed": (f) => `Okta shows it inactive and its groups empty, ${(f.lateness_ms / 1000).toFixed(1)} s after it was due`,
  "overdue-told": (f) => `for the ${f.nth}. time`,
  reviewed: (f, at) => `by ${at.person(f.by)}${f.note ? `: “${f.note}”` : ""}`,
};

function who(by, at) {
  if (by.person) return at.person(by.person);
  return by.user ? `local user ${by.user}` : "Glasskey";
}
