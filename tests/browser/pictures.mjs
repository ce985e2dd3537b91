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
