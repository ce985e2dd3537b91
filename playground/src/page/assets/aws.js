// What AWS holds now: accounts by organizational unit, who has what in them, and what is on its way.

import { byId, el } from "./dom.js";

const FADE_MS = 2600;

export class Aws {
  /** `act(happening)` lets something happen at AWS. */
  constructor(act) {
    byId("aws-down").addEventListener("click", () => act({ what: this.state.down ? "center-comes-back" : "center-goes-down" }));
    this.before = null;
    this.gone = new Map();
  }

  show(state) {
    // Every call of the bot moves the twin; only what one can see is worth drawing (and would cut an animation short).
    const said = JSON.stringify([state.accounts, inFlight(state), state.down]);
    if (said === this.said) return;
    this.said = said;
    const now = new Map(state.accounts.map((a) => [a.id, a.holders.map(key)]));
    const news = this.before ? this.compare(now, state) : [];
    this.before = now;
    this.draw(state);
    if (news.length) byId("aws-live").textContent = news.join(". ");
  }

  draw(state) {
    this.state = state;
    const button = byId("aws-down");
    button.textContent = state.down ? "Identity Center comes back" : "Identity Center goes down";
    button.dataset.down = String(state.down);
    byId("aws-silent").hidden = !state.down;
    byId("aws").replaceChildren(...this.units(state));
  }

  /** Finds what came and what went; both are shown for a moment. */
  compare(now, state) {
    const news = [];
    this.fresh = new Map();
    for (const account of state.accounts) {
      const before = this.before.get(account.id) ?? [];
      const held = now.get(account.id);
      const came = held.filter((k) => !before.includes(k));
      const went = before.filter((k) => !held.includes(k));
      this.fresh.set(account.id, came);
      came.forEach((k) => news.push(`${title(k)} in ${account.name}: assigned`));
      went.forEach((k) => news.push(`${title(k)} in ${account.name}: removed`));
      if (went.length) this.fade(account.id, went);
    }
    return news;
  }

  fade(account, went) {
    const until = Date.now() + FADE_MS;
    this.gone.set(account, went.map((k) => ({ key: k, until })));
    setTimeout(() => {
      this.gone.delete(account);
      this.fresh = new Map();
      this.draw(this.state);
    }, FADE_MS);
  }

  units(state) {
    const units = new Map();
    for (const account of state.accounts) {
      const path = account.ou_path.join(" / ") || "Root";
      units.set(path, [...(units.get(path) ?? []), account]);
    }
    const sorted = [...units].sort(([a, x], [b, y]) => rank(a, x) - rank(b, y) || a.localeCompare(b));
    return sorted.map(([path, accounts]) =>
      el("div", { class: "unit" }, el("h3", {}, path), el("ul", {}, accounts.map((a) => this.account(a, state)))));
  }

  account(account, state) {
    const busy = inFlight(state).filter((o) => o.account === account.name || o.account === account.id);
    const came = this.fresh?.get(account.id) ?? [];
    const gone = (this.gone.get(account.id) ?? []).filter((g) => g.until > Date.now());
    const chips = [
      ...account.holders.map((h) => holder(h, came.includes(key(h)))),
      ...gone.map((g) => el("li", { class: "chip gone" }, title(g.key))),
      ...busy.map(operation),
    ];
    const closed = account.state !== "ACTIVE";
    const moved = came.length || gone.length;
    const notes = [account.management && "management account", closed && "suspended"].filter(Boolean).join(", ");
    return el("li", { class: `account${closed ? " closed" : ""}${moved ? " moved" : ""}`, data: { account: account.id } },
      el("span", { class: "account-name" }, account.name, el("span", { class: "account-id" }, account.id)),
      chips.length ? el("ul", { class: "holders" }, chips) : el("span", { class: "nothing" }, notes || "nobody"));
  }
}

/** Where people work comes first; what is closed, and what nobody may touch, last. */
function rank(path, accounts) {
  if (accounts.every((a) => a.state !== "ACTIVE")) return 9;
  const at = ["Workloads", "Sandbox", "Security"].findIndex((name) => path.startsWith(name));
  return at < 0 ? 8 : at;
}

const inFlight = (state) => state.operations.filter((o) => o.status === "IN_PROGRESS");
const key = (h) => `${h.type}\n${h.name}\n${h.permission_set}`;
const title = (k) => { const [, name, set] = k.split("\n"); return `${name} · ${set}`; };

function holder(h, fresh) {
  const person = h.type === "USER";
  const style = `chip ${person ? "person" : "group"}${fresh ? " new" : ""}`;
  return el("li", { class: style }, el("span", {}, h.name, !person && el("span", { class: "sr" }, " (group)")), el("strong", {}, h.permission_set));
}

function operation(o) {
  const verb = String(o.kind).toLowerCase().startsWith("create") ? "creating" : "removing";
  return el("li", { class: "chip busy" }, `${verb} ${o.permission_set} for ${o.principal}`);
}
