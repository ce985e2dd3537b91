// The second tab: the same people, requests and cards in Discord, and both platforms in step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Demo } from "./demo.mjs";
import { Visit, gone, launch, scene, shows } from "./visit.mjs";

const PAYMENTS_PROD = "333333333333";
const SANDBOX_ANA = "777777777777";
/** Okta's calls take their time, reads lag, and Glasskey says nothing before it has seen it. */
const SEEN_WITHIN_MS = 40_000;
const WHY = "look at the failed refunds";
const NOT_LINKED = "Glasskey does not know who you are here";

let demo;
let browser;
let visit;

const at = (name, act) => scene(test, () => visit, name, act);
const request = (account, set, duration, reason) => `/elevate request account: ${account} permission-set: ${set} duration: ${duration} reason: ${reason}`;
const app = () => visit.page.locator("#okta [data-app]");

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

at("Ana asks in Slack, and the card stands in Discord too", async () => {
  await visit.become("ana");
  await visit.types(`/elevate payments-prod ReadOnly 5m INC-7 ${WHY}`);
  await shows(visit.card(WHY), "Waits for 1 approval");
  await shows(visit.page.locator("#tab-discord .unread"), /[1-9]/);
  await visit.goesTo("discord");
  for (const words of [/Ana Ferreira asks for ReadOnly in payments-prod for 5 min/, /Waits for 1 approval.*Bo Lindqvist/s, PAYMENTS_PROD, "INC-7"]) {
    await shows(visit.message(WHY), words);
  }
  await gone(visit.page.locator("#tab-discord .unread"));
});

at("nobody approves their own request from the other platform", async () => {
  await visit.pushed(visit.message(WHY), "request.approve").click();
  await shows(visit.aside("nobody approves their own request"), /another approver must.*Only you can see this/s);
  await shows(visit.message(WHY), "Waits for 1 approval");
  assert.equal(await visit.holders(PAYMENTS_PROD).count(), 0);
  await visit.become("bo");
  assert.equal(await visit.aside("own request").count(), 0, "Bo can see what was said to Ana alone");
});

at("Bo approves in Discord what was asked in Slack, and both cards say so", async () => {
  await visit.pushed(visit.message(WHY), "request.approve").click();
  await shows(visit.message(WHY), /Active until/);
  await shows(visit.holders(PAYMENTS_PROD), /Ana Ferreira\s*ReadOnly/);
  assert.equal(await visit.pushed(visit.message(WHY), "request.approve").count(), 0);
  await visit.goesTo("slack");
  await shows(visit.card(WHY), /Active until.*Approved by\s*@Bo Lindqvist/s);
});

at("Dee, whom Discord's accounts say nothing about, is told how to be known", async () => {
  await visit.become("dee");
  await visit.goesTo("discord");
  await visit.commands("/elevate list");
  await shows(visit.aside(NOT_LINKED), "/elevate link");
  const card = visit.message(WHY);
  await visit.pushed(card, "request.end").click();
  await shows(visit.aside(NOT_LINKED), "sign in at the company");
  await shows(card, "Active until");
});

at("she signs in at the company, and is known from then on", async ({ page, context }) => {
  await visit.commands("/elevate link");
  const steps = visit.aside("open the sign-in page");
  await shows(steps, "Nobody will ever ask you for this code");
  const address = await steps.getByRole("link", { name: "open the sign-in page" }).getAttribute("href");
  visit.also.push(address);
  const opened = context.waitForEvent("page");
  await steps.getByRole("link", { name: "open the sign-in page" }).click();
  const company = await opened;
  await shows(steps, await company.getByLabel("Code").inputValue());
  await company.getByLabel("You are").selectOption({ label: "dee@acme.example" });
  await company.getByRole("button", { name: "Sign in" }).click();
  await shows(company.locator("body"), "You can close this page");
  await company.close();
  await shows(visit.aside("Dee Marsh"), /linked|yours|known/i, SEEN_WITHIN_MS);
  await visit.commands("/elevate list");
  await shows(visit.aside("AR-"), "payments-prod");
  assert.equal(await page.locator("#dc-notice").textContent(), "");
});

at("the composer offers the commands that are registered, their options, and what the bot suggests", async ({ page }) => {
  await visit.become("ana");
  const line = page.locator("#dc-line");
  const offers = page.getByRole("listbox", { name: "Choices" });
  await line.pressSequentially("/elev");
  await shows(offers.getByRole("option"), "ask for access to an account");
  assert.equal(await line.getAttribute("aria-expanded"), "true");
  await page.keyboard.press("Enter");
  const command = page.getByRole("group", { name: "/elevate request" });
  await page.keyboard.type("pay");
  await shows(offers.getByRole("option"), "payments-prod");
  assert.equal(await offers.getByRole("option", { name: "data-prod" }).count(), 0, "only what matches");
  await offers.getByRole("option", { name: "payments-prod" }).first().click();
  assert.match(await command.getByLabel("account").inputValue(), /payments-prod/);
  await command.getByLabel("permission-set").click();
  await shows(offers.getByRole("option"), "PowerUser");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await shows(page.locator("#dc-notice"), "duration: This option is required");
  await page.keyboard.press("Escape");
  await command.waitFor({ state: "hidden" });
});

at("Bo denies with a reason in a form, and Ana reads it in both", async ({ page }) => {
  const why = "restart the refund worker";
  await visit.commands(request("payments-prod", "PowerUser", "5m", why));
  const card = visit.message(why);
  await shows(card, "Waits for 1 approval");
  await visit.become("bo");
  await visit.pushed(card, "request.deny").click();
  const form = page.getByRole("dialog", { name: "Deny request" });
  await form.getByRole("button", { name: "Submit" }).click();
  await shows(form.getByRole("alert"), "This field is required");
  await form.getByLabel("Why?").fill("wait for the change window");
  await form.getByRole("button", { name: "Submit" }).click();
  await form.waitFor({ state: "hidden" });
  await shows(card, /Denied.*Bo Lindqvist.*wait for the change window/s);
  assert.equal(await card.getByRole("button").count(), 0);
  await visit.become("ana");
  await visit.goesTo("slack");
  await shows(visit.card(why), /Denied by @Bo Lindqvist.*wait for the change window/s);
  await visit.goesTo("discord");
});

at("a reason can forge nothing in Discord", async () => {
  const forged = "@everyone **Approved** [the runbook](https://evil.example) <@1290000000000001002> ||x|| `y` # z";
  await visit.commands(request("payments-staging", "PowerUser", "5m", forged));
  const card = visit.message("the runbook");
  await shows(card, forged);
  const quote = card.locator("blockquote");
  for (const forgery of ["a", "strong", ".mention", ".spoiler", "code"]) assert.equal(await quote.locator(forgery).count(), 0, forgery);
  const { discord_mentions_fired: fired } = await demo.state("ana");
  assert.deepEqual(fired, []);
  await visit.pushed(card, "request.withdraw").click();
  await shows(card, "Withdrawn");
});

at("Ana ends her own access early, after a second thought", async () => {
  const why = "try the new queue";
  await visit.commands(request("sandbox-ana", "PowerUser", "5m", why));
  const card = visit.message(why);
  await shows(card, "Active until");
  await visit.pushed(card, "request.end").click();
  const question = visit.aside("End this access?");
  await shows(visit.holders(SANDBOX_ANA), /Ana Ferreira\s*PowerUser/);
  await question.getByRole("button", { name: "End now" }).click();
  await gone(visit.holders(SANDBOX_ANA));
  await shows(card, /Ended.*AWS confirms that it is gone/s);
});

at("Dee opens break-glass in Discord, and Slack shows it", async ({ page }) => {
  const why = "identity center is down";
  await visit.become("dee");
  await visit.enters("incidents");
  await visit.commands(`/breakglass on level: ops incident: INC-7 reason: ${why} people: @ana`);
  await shows(visit.aside("to confirm it"), /BG-[0-9A-Z]{4}/);
  const card = visit.message(`“${why}”`).filter({ has: page.locator(".dc-fields") });
  await shows(card, /Waits for 1 confirmation.*Ana Ferreira/s);
  await visit.become("bo");
  await visit.goesTo("slack");
  await visit.opens("C0INCIDENT");
  await visit.emergency(visit.emergencyCard(why), "confirm").click();
  await shows(visit.emergencyCard(why), /ON until/, SEEN_WITHIN_MS);
  await visit.goesTo("discord");
  await shows(card, /ON until/, SEEN_WITHIN_MS);
  await shows(visit.message("BREAK-GLASS IS ON"), /Dee Marsh/);
  await shows(app(), "ACTIVE");
});

at("what is told to one person is in their direct messages", async () => {
  await visit.become("ana");
  await visit.enters("Glasskey");
  await shows(visit.message("You are in"), "EmergencyAccess_Role1_Ops");
  await shows(visit.message("Granted"), "PowerUser in sandbox-ana");
  await visit.page.fill("#dc-line", "/");
  await shows(visit.page.getByRole("listbox", { name: "Choices" }), "No commands here");
  await visit.page.fill("#dc-line", "");
});

at("Dee closes it in Discord, and both reports say that nothing is left", async () => {
  await visit.become("dee");
  await visit.enters("incidents");
  await visit.commands("/breakglass off reason: it answers again");
  await shows(visit.message("Break-glass is off"), /Verified at Okta/, SEEN_WITHIN_MS);
  await visit.goesTo("slack");
  await visit.opens("C0INCIDENT");
  await shows(visit.card("Break-glass is off"), /Verified at Okta: app inactive/);
  await visit.goesTo("discord");
});

at("the keyboard alone is enough", async ({ page }) => {
  const why = "look with the keyboard";
  const focused = () => page.evaluate(() => document.activeElement?.dataset.action ?? document.activeElement?.id ?? "");
  await visit.enters("access");
  await page.goto(`${visit.url}#ana`);
  await page.reload();
  await page.locator("#discord-pane[data-me=ana]").waitFor({ state: "attached" });
  await page.locator("#tab-slack").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "tab-discord");
  assert.ok(await page.locator("#slack-pane").isHidden());
  await page.locator("#skip").focus();
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "dc-line");
  await page.keyboard.type("/elevate req");
  await shows(page.getByRole("option"), "/elevate request");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  for (const words of ["payments-prod", "ReadOnly", "5m", "", "INC-9", why]) {
    await page.keyboard.type(words);
    await page.keyboard.press("Tab");
  }
  while ((await focused()) !== "dc-send") await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const card = visit.message(why);
  await shows(card, "Waits for 1 approval");
  await page.locator("#dc-line").focus();
  await page.keyboard.press("ArrowUp");
  assert.match(await page.inputValue("#dc-option-reason"), /look with the keyboard$/);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "dc-line");
  for (let n = 0; n < 80 && !(await page.evaluate(() => document.activeElement.name === "person")); n += 1) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("ArrowRight");
  await page.locator("#discord-pane[data-me=bo]").waitFor();
  const id = await card.getAttribute("data-id");
  for (let n = 0; n < 80 && !(await focused()).startsWith("request.deny:"); n += 1) await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.closest("li").dataset.id), id);
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: "Deny request" });
  await form.waitFor();
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "hidden" });
  assert.match(await focused(), /^request\.deny:/, "the focus comes back to where it was");
  await page.keyboard.press("Enter");
  await form.waitFor();
  await page.keyboard.type("use the replica");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await shows(card, /Denied.*use the replica/s);
});

at("screen readers find landmarks, names and labels, in the light and in the dark", async ({ page }) => {
  const why = "look at the page itself";
  await visit.become("ana");
  await visit.commands(request("payments-prod", "ReadOnly", "5m", why));
  const card = visit.message(why);
  await shows(card, "Waits for 1 approval");
  for (const [role, name] of [["tablist", "Chat platform"], ["tab", "Discord"], ["tabpanel", "Discord"], ["tablist", "Channels"], ["log", "Messages"], ["combobox", "Message or slash command"]]) {
    await page.getByRole(role, { name }).first().waitFor();
  }
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await visit.become("ana");
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, the channel`);
    await page.fill("#dc-line", "/elevate");
    await page.getByRole("option").first().waitFor();
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, what the composer offers`);
    await page.keyboard.press("Enter");
    await page.getByRole("group", { name: "/elevate request" }).waitFor();
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, a command`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await visit.enters("Glasskey");
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, direct messages`);
    await visit.enters("access");
    await visit.become("bo");
    await visit.pushed(card, "request.deny").click();
    await page.getByRole("dialog", { name: "Deny request" }).waitFor();
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, a dialog`);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  }
  await page.emulateMedia({ colorScheme: "light" });
});

at("a narrow window shows everything without scrolling sideways", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { wide, frame } = await page.evaluate(() => ({ wide: document.scrollingElement.scrollWidth, frame: innerWidth }));
  assert.ok(wide <= frame, `${wide} px of content in ${frame} px`);
  assert.deepEqual(await visit.faults(), []);
  await visit.enters("incidents");
  await page.locator("#dc-line").click();
  await page.setViewportSize({ width: 1280, height: 800 });
});

at("the bot broke no rule of Discord, and none of Slack", async () => {
  const { discord_violations: discord, violations: slack } = await demo.state("ana");
  assert.deepEqual({ discord, slack }, { discord: [], slack: [] });
});
