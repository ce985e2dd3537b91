// Makes docs/pictures: the page in the states that the README and the guides show, with the real bot. Run by `make pictures`;
// `node tests/browser/pictures.mjs time` makes only those that time, or somebody behind the bot's back, brings about.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BOT, Demo } from "./demo.mjs";
import { Visit, gone, launch, shows } from "./visit.mjs";

const PICTURES = resolve(dirname(fileURLToPath(import.meta.url)), "../../docs/pictures");
/** A README is read over slow lines too. */
const BYTES_MAX = 300_000;
const PAYMENTS_PROD = "333333333333";

/** What takes minutes by its nature: a warning ten minutes before the end, a reminder, a look by schedule, seen twice. */
const PATIENCE_MS = 180_000;
/** The weekly report comes after everything else that the scene of time shows. */
const REPORT_AFTER_MS = 240_000;

const SCENES = { people: { plays: people }, moment: { plays: moment }, time: { plays: time, bot: hasty } };

const wanted = process.argv.slice(2);
const scenes = wanted.length ? wanted : Object.keys(SCENES);
for (const name of scenes) assert.ok(SCENES[name], `there are no pictures of ${name}; there are: ${Object.keys(SCENES)}`);
const browser = await launch();
try {
  for (const name of scenes) await play(SCENES[name]);
} finally {
  await browser.close();
}

/** Each scene has a demo of its own. */
async function play({ plays, bot }) {
  const demo = await Demo.start({ bot: bot?.() });
  let visit;
  try {
    await demo.ready();
    visit = await Visit.start(browser, demo.url);
    await plays(visit, demo);
    await visit.end();
  } catch (error) {
    error.message += `\n(picture: ${await visit?.picture("pictures")})`;
    throw error;
  } finally {
    await demo.stop();
  }
}

async function people(visit) {
  await tell(visit);
  await requests(visit);
  await inDiscord(visit);
  await visit.goesTo("slack");
  await breakGlass(visit);
}

/** The real bot, with shorter times written into its configuration and policies before it starts. */
function hasty() {
  const folder = mkdtempSync(join(tmpdir(), "glasskey-pictures-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const report = new Date(Date.now() + REPORT_AFTER_MS);
  const reportAt = `${report.getUTCSeconds()} ${report.getUTCMinutes()} ${report.getUTCHours()} * * *`;
  const schedule = [`directory = "*/10 * * * * *"`, `reconcile = "*/15 * * * * *"`, `standing_access_report = "${reportAt}"`].join("\\n");
  const program = join(folder, "glasskey");
  writeFileSync(program, `#!/bin/sh
if [ "$1" = run ]; then
  sed -i -e 's|^directory = .*|${schedule}|' -e 's|^lapse_after = .*|lapse_after = "4m"|' "$3"
  sed -i -e 's|"30m: sre-managers"|"1m: sre-managers"|' "$(dirname "$3")/policies/acme.cedar"
fi
exec '${BOT}' "$@"
`, { mode: 0o755 });
  return program;
}

async function tell(visit) {
  const why = "look at the failed refunds";
  const card = visit.card(why);
  await visit.become("ana");
  await visit.types(`/elevate payments-prod ReadOnly 1m INC-7 ${why}`);
  await shows(card, "Waits for 1 approval");
  await visit.become("bo");
  await picture(visit, "pending");
  await visit.button(card, "approve").click();
  await shows(card, "Active until");
  await shows(visit.page.locator("#log .about ~ .more"), "granted → Ana Ferreira");
  await picture(visit, "active");
  await visit.become("ana");
  await visit.opens("direct");
  await visit.page.emulateMedia({ colorScheme: "dark" });
  await picture(visit, "dark");
  await visit.page.emulateMedia({ colorScheme: "light" });
  await visit.opens("C0ACCESS");
  await gone(visit.holders(PAYMENTS_PROD), 90_000);
  await shows(card, "AWS confirms that it is gone");
  await shows(visit.account(PAYMENTS_PROD), "nobody");
  await shows(visit.page.locator("#log .about ~ .more"), "ended → Ana Ferreira");
  await picture(visit, "ended");
}

/** What else there is to ask for, as the guides show it. */
async function requests(visit) {
  const { page } = visit;
  const form = page.getByRole("dialog", { name: "Request access" });
  await visit.become("ana");
  await visit.types("/elevate");
  await form.waitFor();
  await form.getByRole("combobox", { name: "Account, group or bundle" }).click();
  await form.getByRole("combobox", { name: "Account, group or bundle" }).fill("pay");
  await form.getByRole("option", { name: /payments-prod \(333333333333\)/ }).click();
  await form.getByRole("combobox", { name: "Permission set" }).click();
  await form.getByRole("option", { name: /ReadOnly \(1 approval\)/ }).waitFor();
  await page.screenshot({ path: join(PICTURES, "form.png") });
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "hidden" });
  const later = visit.card("prepare the migration");
  await visit.types("/elevate payments-prod ReadOnly 1h at tomorrow 9:30 INC-8 prepare the migration");
  await visit.become("bo");
  await visit.button(later, "approve").click();
  await shows(later, "begins");
  await picture(visit, "scheduled");
  const longer = visit.card("compare the two ledgers");
  await visit.become("ana");
  await visit.types("/elevate payments-prod ReadOnly 30m INC-5 compare the two ledgers");
  await visit.become("bo");
  await visit.button(longer, "approve").click();
  await shows(longer, "Active until");
  await visit.become("ana");
  const id = /AR-[0-9A-Z]+/.exec(await longer.innerText())[0];
  await visit.types(`/elevate extend ${id} 1h one ledger is left`);
  await shows(longer, "1 h more");
  await visit.become("bo");
  await longer.evaluate((node) => node.scrollIntoView({ block: "start" }));
  await picture(visit, "extension");
  const urgent = visit.card("nobody can pay since noon").filter({ has: page.locator(".kit-fields") });
  await visit.become("ana");
  await visit.types("/elevate urgent payments-prod PowerUser 30m INC-9 nobody can pay since noon");
  await shows(urgent, "Active");
  await visit.become("bo");
  await picture(visit, "urgent");
  const quorum = visit.card("move the shard that is full");
  await visit.become("cy");
  await visit.types("/elevate payments-prod PowerUser 8h INC-4 move the shard that is full");
  await shows(quorum, "sre-leads");
  await visit.become("bo");
  await picture(visit, "quorum");
  const bundle = visit.card("my turn on call").filter({ has: page.locator(".kit-fields") });
  await visit.become("ana");
  await visit.types("/elevate bundle oncall-payments 30m INC-7 my turn on call");
  await shows(bundle, "oncall-payments");
  await visit.become("bo");
  await picture(visit, "bundle");
  await page.getByRole("tab", { name: "Home" }).click();
  await shows(page.locator("#home"), "Waits for your approval");
  await picture(visit, "home");
  await visit.opens("C0ACCESS");
  await visit.button(urgent, "end-and-cut").first().click();
  await page.getByRole("button", { name: /^End/ }).last().click();
  await shows(urgent, "are cut");
  await urgent.evaluate((node) => node.scrollIntoView({ block: "start" }));
  await picture(visit, "sessions");
  await visit.become("cy");
  await visit.types("/elevate end all confirm");
  const all = visit.card("ALL ACCESS IS BEING ENDED");
  await shows(all, "ordered by");
  for (const open of [longer, later, quorum, bundle]) await shows(open, "Ended");
  await all.evaluate((node) => node.scrollIntoView({ block: "center" }));
  await picture(visit, "end-all");
}

/** Bo does in Discord what Ana asked for in Slack. */
async function inDiscord(visit) {
  const why = "find out why exports are slow";
  const card = visit.message(why);
  await visit.become("ana");
  await visit.types(`/elevate payments-prod ReadOnly 30m INC-6 ${why}`);
  await visit.become("bo");
  await visit.goesTo("discord");
  await shows(card, "Waits for 1 approval");
  await picture(visit, "discord-pending");
  await visit.pushed(card, "request.approve").click();
  await shows(card, "Active until");
  await visit.become("ana");
  await visit.discord.locator("#dc-line").fill("/elevate request account: payments-staging permission-set: PowerUser duration: 5m ");
  await visit.page.locator("#dc-option-reason").fill("try the new queue");
  await visit.page.emulateMedia({ colorScheme: "dark" });
  await picture(visit, "discord-dark");
  await visit.page.emulateMedia({ colorScheme: "light" });
  await visit.page.keyboard.press("Escape");
  await visit.pushed(card, "request.end").click();
  await visit.aside("End this access?").getByRole("button").first().click();
  await shows(card, "AWS confirms that it is gone");
}

async function breakGlass(visit) {
  const why = "identity center is down";
  const card = visit.emergencyCard(why);
  await visit.page.locator("#aws-down").click();
  await visit.become("dee");
  await visit.opens("C0INCIDENT");
  await visit.types(`/breakglass on ops INC-7 ${why} @ana`);
  await shows(card, "Waits for 1 confirmation");
  await visit.become("bo");
  await shows(visit.card("needs a second person"), why);
  await picture(visit, "breakglass-card");
  await visit.emergency(card, "confirm").click();
  await shows(card, "ON until");
  await shows(visit.page.locator("#okta [data-app]").getByRole("timer"), /^1:59/);
  await visit.become("dee");
  await shows(visit.card("BREAK-GLASS IS ON"), "Ana Ferreira (ops)");
  await picture(visit, "breakglass-on");
  await visit.page.locator("#okta-add").selectOption({ label: "Cy Okafor into ro" });
  await shows(visit.page.locator("#okta"), "by hand");
  await visit.types("/breakglass off it answers again");
  await shows(card, "Off since");
  const report = visit.card("Break-glass is off");
  await shows(report, "not added by Glasskey");
  await gone(visit.page.locator("#okta .chip"));
  await report.evaluate((node) => node.scrollIntoView({ block: "start" }));
  await picture(visit, "breakglass-off");
}

/** A form that is not right yet, a membership, and what is seen at the last moment. */
async function moment(visit, demo) {
  const { page } = visit;
  const form = page.getByRole("dialog", { name: "Request access" });
  const choose = async (field, typed, offered) => {
    await form.getByRole("combobox", { name: field }).click();
    if (typed) await form.getByRole("combobox", { name: field }).fill(typed);
    await form.getByRole("option", { name: offered }).click();
  };
  await visit.become("ana");
  await visit.types("/elevate");
  await form.waitFor();
  await choose("Account, group or bundle", "pay", /payments-prod \(333333333333\)/);
  await choose("Permission set", "", /ReadOnly \(1 approval\)/);
  await choose("For how long?", "", /30 min/);
  await form.getByRole("textbox", { name: "Ticket" }).fill("REFUNDS");
  await form.getByRole("textbox", { name: "Why?" }).fill("look at the failed refunds");
  await form.getByRole("button", { name: "Ask" }).click();
  await shows(form, "is not a ticket of the form");
  await page.screenshot({ path: join(PICTURES, "form-error.png") });
  await form.getByRole("textbox", { name: "Ticket" }).fill("INC-7");
  await form.getByRole("button", { name: "Ask" }).click();
  await form.waitFor({ state: "hidden" });
  const refunds = asked(visit, "look at the failed refunds");
  await shows(refunds, "Waits for 1 approval");
  const pager = await granted(visit, "ana", "group payments-oncall 2h INC-7", "carry the pager");
  await seen(visit, pager, "payments-oncall", "group");
  await happens(demo, { what: "user-disabled", user: "ana" });
  await visit.button(refunds, "approve").click();
  await seen(visit, refunds, "Failed", "last-moment");
}

/** What time brings, and what somebody changes behind the bot's back. */
async function time(visit, demo) {
  await visit.become("cy");
  await visit.types("/elevate payments-prod PowerUser 8h INC-4 move the shard that is full");
  await shows(visit.card("move the shard that is full"), "sre-leads");
  await visit.become("ana");
  await visit.types("/elevate urgent payments-prod PowerUser 30m INC-9 nobody can pay since noon");
  await shows(asked(visit, "nobody can pay since noon"), "Active");
  await granted(visit, "ana", "payments-prod ReadOnly 11m INC-7", "look at the failed refunds");
  await happens(demo, { what: "assigned-by-hand", user: "bo", account: "data-prod", permission_set: "Admin" });
  await visit.become("dee");
  await seen(visit, visit.card("Access that no request explains"), "Bo Lindqvist", "drift");
  await told(visit, "ana", "Ends soon", "ends-soon");
  await told(visit, "dee", "Your approval is asked for", "escalated");
  await told(visit, "bo", "Still waits for your approval", "reminder");
  await visit.opens("C0ACCESS");
  await stricter(visit, demo);
  await changed(visit, demo);
  await seen(visit, visit.card("Standing access"), "Bo Lindqvist", "standing-access");
}

/** One policy permits less than it did when this was granted. */
async function stricter(visit, demo) {
  const { page } = visit;
  const card = await granted(visit, "ana", "payments-prod ReadOnly 2h INC-7", "compare the two ledgers");
  const policies = join(demo.folder, "policies/acme.cedar");
  const before = readFileSync(policies, "utf8");
  writeFileSync(policies, before.replace(/(@id\("payments-prod-read"\)\s+@max_duration)\("4h"\)/, '$1("1h")'));
  await visit.become("dee");
  await shows(visit.card("Policy would not permit this any more"), "ReadOnly in payments-prod", PATIENCE_MS);
  const size = page.viewportSize();
  await page.setViewportSize({ ...size, height: size.height + 160 });
  await seen(visit, card, "Policy has become stricter", "stricter");
  await page.setViewportSize(size);
}

/** What access was permitted for is not so any more: in doubt at first, ended when it is seen again. */
async function changed(visit, demo) {
  const left = await granted(visit, "cy", "data-staging PowerUser 1h INC-9", "see why the disk is full");
  await visit.become("dee");
  await happens(demo, { what: "user-left", user: "cy", group: "platform" });
  await seen(visit, left, "In doubt", "in-doubt");
  await seen(visit, left, "AWS confirms that it is gone", "group-left");
  const disabled = await granted(visit, "ana", "payments-staging PowerUser 1h INC-8", "try the new queue");
  await visit.become("dee");
  await happens(demo, { what: "user-disabled", user: "ana" });
  await seen(visit, disabled, "AWS confirms that it is gone", "person-disabled");
}

/** The card of a request with this reason: what is told about it may have the reason too, but no fields. */
function asked(visit, why) {
  return visit.card(why).filter({ has: visit.page.locator(".kit-fields") });
}

/** Somebody asks for this in Slack, and Bo approves it. */
async function granted(visit, who, what, why) {
  const card = asked(visit, why);
  await visit.become(who);
  await visit.types(`/elevate ${what} ${why}`);
  await visit.become("bo");
  await visit.button(card, "approve").click();
  await shows(card, "Active until");
  return card;
}

/** Waits until this shows these words, and takes a picture of it. */
async function seen(visit, card, words, name) {
  await shows(card, words, PATIENCE_MS);
  await card.evaluate((node) => node.scrollIntoView({ block: "start" }));
  await picture(visit, name);
}

/** Somebody is told this in a direct message. */
async function told(visit, who, words, name) {
  await visit.become(who);
  await visit.opens("direct");
  await shows(visit.card(words), words, PATIENCE_MS);
  await picture(visit, name);
}

/** Something that happens behind the bot's back. */
async function happens(demo, what) {
  const headers = { "content-type": "application/json" };
  const reply = await fetch(`${demo.url}ui/happen`, { method: "POST", headers, body: JSON.stringify(what) });
  assert.deepEqual(await reply.json(), { failure: null }, JSON.stringify(what));
}

async function picture(visit, name) {
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name}.png`);
  await visit.page.evaluate(() => document.activeElement?.blur());
  await visit.page.mouse.move(0, 0);
  await visit.page.waitForFunction(() => document.getAnimations().every((a) => a.playState !== "running"));
  await visit.page.screenshot({ path });
  const bytes = statSync(path).size;
  assert.ok(bytes < BYTES_MAX, `${path} has ${bytes} bytes`);
  process.stdout.write(`${path}  ${Math.round(bytes / 1000)} kB\n`);
}
