// What else people do and meet at the page: a no with its reason, a slip of the pen, an early end, the keyboard alone, other eyes.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BOT, Demo } from "./demo.mjs";
import { Visit, gone, launch, scene, shows } from "./visit.mjs";

const PAYMENTS_PROD = "333333333333";
const SANDBOX_ANA = "777777777777";

let gate;
let demo;
let browser;
let visit;

const at = (name, act) => scene(test, () => visit, name, act);

before(async () => {
  // The real bot behind a gate: it starts when the test lets it, so that its absence can be looked at.
  gate = mkdtempSync(join(tmpdir(), "glasskey-gate-"));
  const bot = join(gate, "glasskey");
  writeFileSync(bot, `#!/bin/sh\nwhile [ ! -e '${gate}/open' ]; do sleep 0.05; done\nexec '${BOT}' "$@"\n`, { mode: 0o755 });
  [demo, browser] = await Promise.all([Demo.start({ bot }), launch()]);
  visit = await Visit.start(browser, demo.url);
});

after(async () => {
  const ends = await Promise.allSettled([visit?.end(), demo?.stop()]);
  await browser?.close();
  rmSync(gate, { recursive: true, force: true });
  const wrong = ends.filter((end) => end.status === "rejected").map((end) => end.reason);
  if (wrong.length) throw new AggregateError(wrong, wrong.map((error) => error.message).join("\n"));
});

at("while the bot starts the page says so and keeps what was typed", async () => {
  const line = "/elevate help";
  await visit.page.locator("#starting").waitFor();
  await visit.types(line);
  await shows(visit.page.locator("#notice"), "Your line is kept");
  assert.equal(await visit.page.inputValue("#composer-line"), line);
  assert.ok(!existsSync(join(gate, "open")));
  writeFileSync(join(gate, "open"), "");
  await demo.ready();
  await visit.page.locator("#starting").waitFor({ state: "hidden" });
  await visit.page.press("#composer-line", "Enter");
  await shows(visit.whisper("ask for temporary access"), "/elevate <account> <permission set> <duration>");
});

at("a slip of the pen is shown the right form with one's own words", async () => {
  await visit.types("/elevate payments-prod ReadOnly");
  await shows(visit.whisper("missing"), "/elevate payments-prod ReadOnly 1h <reason>");
  await visit.types("/elevate payments-prd ReadOnly 1h INC-7 look at the refunds");
  await shows(visit.whisper("payments-prd"), "payments-prod");
});

at("a reason can forge nothing", async () => {
  const forged = "<!channel> *see* <https://evil.example|the runbook> <@U0BO>";
  await visit.types(`/elevate payments-staging PowerUser 5m ${forged}`);
  const card = visit.card(forged);
  await shows(card, "Ana Ferreira asks for PowerUser in payments-staging");
  assert.equal(await card.locator("a").count(), 0);
  assert.equal(await card.locator(".loud").count(), 0);
  const { mentions_fired: fired } = await demo.state("ana");
  assert.ok(!JSON.stringify(fired).includes("channel"), JSON.stringify(fired));
  await visit.button(card, "withdraw").click();
  await shows(card, "Withdrawn");
});

at("Bo denies with a reason, and Ana is told it", async () => {
  await visit.types("/elevate payments-prod PowerUser 5m INC-8 restart the refund worker");
  const card = visit.card("restart the refund worker");
  await shows(card, "Waits for 1 approval");
  await visit.become("bo");
  await visit.button(card, "deny").click();
  const form = visit.page.getByRole("dialog", { name: "Deny request" });
  await form.waitFor();
  await form.getByRole("button", { name: "Deny" }).click();
  await shows(form.getByRole("alert"), "required");
  await form.getByLabel("Why?").fill("wait for the change window");
  await form.getByRole("button", { name: "Deny" }).click();
  await form.waitFor({ state: "hidden" });
  await shows(card, /Denied by @Bo Lindqvist.*wait for the change window/s);
  assert.equal(await card.getByRole("button").count(), 0);
  await visit.become("ana");
  await visit.opens("direct");
  await shows(visit.card("Denied"), "wait for the change window");
  await visit.opens("C0ACCESS");
  assert.equal(await visit.holders(PAYMENTS_PROD).count(), 0);
});

at("Ana ends her own access early, after a second thought", async () => {
  await visit.types("/elevate sandbox-ana PowerUser 5m try the new queue");
  const card = visit.card("try the new queue");
  await shows(card, "Active until");
  await shows(visit.holders(SANDBOX_ANA), /Ana Ferreira\s*PowerUser/);
  await visit.button(card, "end").click();
  const question = visit.page.getByRole("dialog", { name: "End this access?" });
  await question.getByRole("button", { name: "Keep it" }).click();
  await question.waitFor({ state: "hidden" });
  await shows(card, "Active until");
  await visit.button(card, "end").click();
  await question.getByRole("button", { name: "End now" }).click();
  await gone(visit.holders(SANDBOX_ANA));
  await shows(card, /Ended.*ended early by @Ana Ferreira; AWS confirms that it is gone/s);
});

at("what Ana has already is named and left alone", async () => {
  await visit.become("cy");
  await visit.types("/elevate data-prod ReadOnly 5m check the nightly load");
  const card = visit.card("check the nightly load");
  await shows(card, "Waits for 1 approval");
  await visit.become("dee");
  await visit.button(card, "approve").click();
  await shows(card, /already has this access.*keeps it/s);
  await shows(visit.holders("555555555555"), /Cy Okafor\s*ReadOnly/);
});

at("the keyboard alone is enough", async ({ page }) => {
  const focused = () => page.evaluate(() => document.activeElement?.dataset.action ?? document.activeElement?.id ?? "");
  const tabTo = async (wanted, key = "Tab") => {
    for (let n = 0; n < 60; n += 1) {
      if ((await focused()) === wanted) return;
      await page.keyboard.press(key);
    }
    assert.fail(`${key} does not lead to ${wanted}`);
  };
  await page.goto(`${visit.url}#ana`);
  await page.reload();
  await page.locator("#people[data-me=ana]").waitFor();
  await page.keyboard.press("Tab");
  await shows(page.locator(":focus"), "Skip to the message box");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "composer-line");
  await page.keyboard.type("/elevate payments-prod ReadOnly 5m INC-9 look with the keyboard");
  await page.keyboard.press("Enter");
  const card = visit.card("look with the keyboard");
  await shows(card, "Waits for 1 approval");
  await page.keyboard.press("ArrowUp");
  assert.match(await page.inputValue("#composer-line"), /look with the keyboard$/);
  await page.keyboard.press("ArrowDown");
  for (let n = 0; n < 60 && !(await page.evaluate(() => document.activeElement.name === "person")); n += 1) {
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("ArrowRight");
  await page.locator("#people[data-me=bo]").waitFor();
  const ts = await card.getAttribute("data-ts");
  await tabTo("request.deny");
  assert.equal(await page.evaluate(() => document.activeElement.closest("li").dataset.ts), ts, "only the open card has a Deny");
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: "Deny request" });
  await form.waitFor();
  await page.keyboard.type("a thought");
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "hidden" });
  await shows(card, "Waits for 1 approval");
  assert.equal(await focused(), "request.deny", "the focus comes back to where it was");
  await page.keyboard.press("Enter");
  await form.waitFor();
  await page.keyboard.type("use the replica");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await shows(card, /Denied by @Bo Lindqvist.*use the replica/s);
});

at("screen readers find landmarks, names and labels, in the light and in the dark", async ({ page }) => {
  await visit.become("ana");
  await visit.types("/elevate payments-prod ReadOnly 5m INC-10 look at the page itself");
  const card = visit.card("look at the page itself");
  await shows(card, "Waits for 1 approval");
  for (const [role, name] of [["banner"], ["main"], ["group", "You are"], ["tablist", "Conversations"], ["log", "Messages"], ["region", "AWS, right now"], ["region", "Okta, right now"], ["region", "What Glasskey does"], ["textbox", "Message or slash command"]]) {
    await page.getByRole(role, name ? { name } : {}).first().waitFor();
  }
  const papers = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    await visit.become("ana");
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, the channel`);
    await visit.opens("direct");
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, direct messages`);
    await visit.opens("C0ACCESS");
    await visit.become("bo");
    await visit.button(card, "deny").click();
    await page.getByRole("dialog", { name: "Deny request" }).waitFor();
    assert.deepEqual(await visit.faults(), [], `${colorScheme}, a dialog`);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  }
  assert.notEqual(papers[0], papers[1], "dark looks like light");
  await page.emulateMedia({ colorScheme: "light" });
});

at("a narrow window shows everything without scrolling sideways", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { wide, frame } = await page.evaluate(() => ({ wide: document.scrollingElement.scrollWidth, frame: innerWidth }));
  assert.ok(wide <= frame, `${wide} px of content in ${frame} px`);
  assert.deepEqual(await visit.faults(), []);
  await page.locator("#composer-line").click();
  await page.locator("#aws-title").scrollIntoViewIfNeeded();
  await page.setViewportSize({ width: 1280, height: 800 });
});

at("the bot broke no rule of Slack", async () => {
  const { violations } = await demo.state("ana");
  assert.deepEqual(violations, []);
});
