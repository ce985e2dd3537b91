// Break-glass as people live it: Identity Center is down, Dee opens, Bo confirms, everybody sees it, and `off` takes all of it back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Demo } from "./demo.mjs";
import { Visit, gone, launch, scene, shows } from "./visit.mjs";

const WHY = "identity center is down";
/** Okta's calls take their time, reads lag, and Glasskey says nothing before it has seen it. */
const SEEN_WITHIN_MS = 40_000;
const RO = "00gro";
const OPS = "00gops";

let demo;
let browser;
let visit;

const at = (name, act) => scene(test, () => visit, name, act);
const cardOf = (why) => visit.emergencyCard(why);
const app = () => visit.page.locator("#okta [data-app]");
const members = (group) => visit.page.locator(`#okta [data-group="${group}"] .chip:not(.gone)`);
const tab = (name) => visit.page.getByRole("tab", { name });

before(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
  await demo.ready();
  visit = await Visit.start(browser, demo.url);
});

after(async () => {
  const ends = await Promise.allSettled([visit?.end(), demo?.stop()]);
  await browser?.close();
  const wrong = ends.filter((end) => end.status === "rejected").map((end) => end.reason);
  if (wrong.length) throw new AggregateError(wrong, wrong.map((error) => error.message).join("\n"));
});

at("before anything happens the emergency app sleeps and its groups are empty", async () => {
  await shows(app(), /AWS emergency access.*INACTIVE/s);
  for (const group of [RO, OPS]) await shows(visit.page.locator(`#okta [data-group="${group}"]`), "nobody");
});

at("Ana, who commands no incidents, is refused", async () => {
  await visit.become("ana");
  await visit.opens("C0INCIDENT");
  await shows(visit.page.locator("#empty"), "When Identity Center is down");
  await visit.types(`/breakglass on ops INC-7 ${WHY}`);
  await shows(visit.whisper("you may not do this to break-glass"), "ask an incident commander");
  assert.equal(await cardOf(WHY).count(), 0);
});

at("Identity Center goes down, and Dee asks for break-glass", async () => {
  await visit.page.locator("#aws-down").click();
  await visit.page.locator("#aws-silent").waitFor();
  await visit.become("dee");
  await visit.types(`/breakglass on ops INC-7 ${WHY} @ana`);
  await shows(visit.whisper("to confirm it"), /BG-[0-9A-Z]{4}.*Bo Lindqvist/s);
  await shows(cardOf(WHY), /Dee Marsh wants to open break-glass in main for 2 h.*INC-7/);
  await shows(cardOf(WHY), /Waits for 1 confirmation.*Ana Ferreira \(ops\), not in yet/s);
  await visit.emergency(cardOf(WHY), "confirm").click();
  await shows(visit.whisper("nobody confirms what they opened"), "alone from");
  await shows(app(), "INACTIVE");
});

at("Bo sees that something waits in #incidents and confirms", async () => {
  await visit.opens("C0GENERAL");
  await visit.become("bo");
  await shows(tab("incidents").locator(".unread"), /[1-9]/);
  await visit.opens("C0INCIDENT");
  await visit.emergency(cardOf(WHY), "confirm").click();
  await visit.page.locator('#okta [data-active="true"]').waitFor({ timeout: SEEN_WITHIN_MS });
  await shows(members(OPS), "Ana Ferreira", SEEN_WITHIN_MS);
  await shows(cardOf(WHY), /ON until/, SEEN_WITHIN_MS);
  await shows(cardOf(WHY), /Ana Ferreira \(ops\), in\s*Confirmed by\s*@Bo Lindqvist/s);
  assert.doesNotMatch(await cardOf(WHY).innerText(), /:[a-z_]+:/, "an emoji has no picture on the page");
  await shows(app(), "ACTIVE");
  await shows(app().getByRole("timer"), /^1:5\d:\d\d$/);
  assert.equal(await members(RO).count(), 0);
  const calls = visit.page.getByRole("list", { name: "Calls to Okta" });
  for (const call of ["POST /api/v1/apps/0oa1emergency/lifecycle/activate", "PUT /api/v1/groups/00gops/users/00uana"]) await shows(calls, call);
});

at("it is announced in both channels, and Ana is told how to sign in", async () => {
  for (const channel of ["C0INCIDENT", "C0ACCESS"]) {
    await visit.opens(channel);
    await shows(visit.card("BREAK-GLASS IS ON"), /Dee Marsh: “identity center is down”.*Ana Ferreira \(ops\).*Confirmed by @Bo Lindqvist/s);
  }
  await visit.become("ana");
  await visit.opens("direct");
  await shows(visit.card("You are in"), /EmergencyAccess_Role1_Ops in the emergency account 222222222222/);
});

at("the panel can be read by everybody while it is on, in the light and in the dark", async ({ page }) => {
  await page.getByRole("region", { name: "Okta, right now" }).waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await visit.faults(), [], colorScheme);
  }
  await page.emulateMedia({ colorScheme: "light" });
});

at("somebody is added at Okta behind Glasskey's back", async ({ page }) => {
  await page.locator("#okta-add").selectOption({ label: "Cy Okafor into ro" });
  await shows(members(RO), /Cy Okafor\s*by hand/);
});

at("Dee closes it: inactive, empty, and the report names who was added by hand", async () => {
  await visit.become("dee");
  await visit.opens("C0INCIDENT");
  await visit.types("/breakglass off it answers again");
  await shows(visit.whisper("is being closed"), "AWS sessions that are open may live on for up to 1 h");
  await visit.page.locator('#okta [data-active="false"]').waitFor({ timeout: SEEN_WITHIN_MS });
  for (const group of [RO, OPS]) await gone(members(group), SEEN_WITHIN_MS);
  const report = visit.card("Break-glass is off");
  await shows(report, /Removed too, not added by Glasskey: cy@acme.example \(ro\)/, SEEN_WITHIN_MS);
  await shows(report, /Verified at Okta: app inactive .*group ro empty .*group ops empty/);
  await shows(cardOf(WHY), /Off since.*closed by @Dee Marsh: “it answers again”/s);
  assert.equal(await app().getByRole("timer").count(), 0);
  await visit.opens("C0ACCESS");
  await shows(visit.card("Break-glass is off"), "identity center is down");
});

at("Cy, who had no part in it, reviews it", async () => {
  await visit.become("cy");
  await visit.opens("C0INCIDENT");
  await visit.emergency(cardOf(WHY), "review").click();
  const form = visit.page.getByRole("dialog", { name: "Review break-glass" });
  await form.getByLabel("What is to be noted?").fill("all as it should be");
  await form.getByRole("button", { name: "Acknowledge" }).click();
  await form.waitFor({ state: "hidden" });
  await shows(cardOf(WHY), /Review\s*@Cy Okafor/);
  assert.equal(await cardOf(WHY).getByRole("button").count(), 0, "there is nothing left to do");
});

at("the form asks for the same, says at the field what is wrong, and the card closes it", async ({ page }) => {
  const why = "nobody can sign in";
  await visit.become("dee");
  await visit.types("/breakglass");
  const form = page.getByRole("dialog", { name: "Break-glass" });
  await form.getByLabel("Repair (ops: operations)").check();
  await form.getByLabel("Incident").fill("INC-8");
  await form.getByLabel("Why?").fill(why);
  await form.getByLabel("Ana Ferreira").check();
  await form.getByLabel("Dee Marsh").check();
  await form.getByLabel("Eve Novak").check();
  await form.getByRole("button", { name: "Open" }).click();
  await shows(form.locator('[data-block="people"]').getByRole("alert"), "guest");
  await form.getByLabel("Eve Novak").uncheck();
  await form.getByRole("button", { name: "Open" }).click();
  await shows(form, "to confirm it");
  await form.getByRole("button", { name: "Close" }).click();
  await form.waitFor({ state: "hidden" });
  await shows(cardOf(why), "INC-8");
  await visit.become("bo");
  await visit.emergency(cardOf(why), "confirm").click();
  for (const name of ["Ana Ferreira", "Dee Marsh"]) await shows(members(OPS), name, SEEN_WITHIN_MS);
  await shows(cardOf(why), /ON until/, SEEN_WITHIN_MS);
  await visit.emergency(cardOf(why), "off").click();
  const question = page.getByRole("dialog", { name: "Close break-glass?" });
  await question.getByRole("button", { name: "Keep it on" }).click();
  await question.waitFor({ state: "hidden" });
  await shows(app(), "ACTIVE");
  await visit.emergency(cardOf(why), "off").click();
  await question.getByRole("button", { name: "Close now" }).click();
  await shows(cardOf(why), /Off since/, SEEN_WITHIN_MS);
  await gone(members(OPS), SEEN_WITHIN_MS);
});

at("while Okta takes no changes nothing is said to be open, and it opens when it does", async ({ page }) => {
  const why = "okta recovers too";
  await page.locator("#okta-read-only").click();
  await page.locator('#okta-read-only[aria-pressed="true"]').waitFor();
  await visit.become("dee");
  await visit.types(`/breakglass on ro ${why}`);
  await shows(cardOf(why), "Waits for 1 confirmation");
  await visit.become("bo");
  await visit.emergency(cardOf(why), "confirm").click();
  await shows(cardOf(why), /Opening.*tried again/s, SEEN_WITHIN_MS);
  await shows(app(), "INACTIVE");
  await page.locator("#okta-read-only").click();
  await shows(cardOf(why), /ON until/, SEEN_WITHIN_MS);
  await shows(members(RO), "Dee Marsh");
  await visit.types("/breakglass off");
  await shows(cardOf(why), /Off since/, SEEN_WITHIN_MS);
});

at("the log tells it in words, from the yes to the end", async ({ page }) => {
  const events = await page.locator("#log .event").allInnerTexts();
  let from = 0;
  for (const name of ["proposed", "confirmed", "ordered", "changes intended", "seat confirmed", "on confirmed", "close ordered", "strangers seen", "off confirmed", "reviewed"]) {
    const found = events.indexOf(`break-glass: ${name}`, from);
    assert.ok(found >= 0, `“${name}” is missing after ${from} in ${events}`);
    from = found;
  }
  await shows(page.locator("#log"), "Okta shows Ana Ferreira in ops");
});

at("the bot broke no rule of Slack, and Identity Center comes back", async ({ page }) => {
  await page.locator("#aws-down").click();
  await page.locator("#aws-silent").waitFor({ state: "hidden" });
  const { violations } = await demo.state("ana");
  assert.deepEqual(violations, []);
});
