// Makes docs/pictures: the page in the states that the README shows, with the real bot. Run by `make pictures`.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Demo } from "./demo.mjs";
import { Visit, gone, launch, shows } from "./visit.mjs";

const PICTURES = resolve(dirname(fileURLToPath(import.meta.url)), "../../docs/pictures");
/** A README is read over slow lines too. */
const BYTES_MAX = 300_000;
const PAYMENTS_PROD = "333333333333";

const [demo, browser] = await Promise.all([Demo.start(), launch()]);
try {
  await demo.ready();
  const visit = await Visit.start(browser, demo.url);
  await tell(visit);
  await requests(visit);
  await inDiscord(visit);
  await visit.goesTo("slack");
  await breakGlass(visit);
  await visit.end();
} finally {
  await browser.close();
  await demo.stop();
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
