// A person at the page, in Chromium: what they do, what they see, and what their browser was asked to do behind their back.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { FAILURES } from "./demo.mjs";

const AXE = createRequire(import.meta.url)("axe-core").source;
const CHROMIUMS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** What comes over the stream comes in milliseconds; a busy machine gets more. */
const SEEN_WITHIN_MS = 20_000;

export function launch() {
  const executablePath = CHROMIUMS.find((path) => path && existsSync(path));
  assert.ok(executablePath, "there is no Chromium: run `make tools`, or set CHROMIUM to its path");
  // Chromium's sandbox does not run as root, which containers are; the only page it opens is ours.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}

export class Visit {
  static async start(browser, url, options = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 }, colorScheme: "light", locale: "en-GB", timezoneId: "Europe/Lisbon", ...options,
    });
    const visit = new Visit(context, await context.newPage(), url);
    await visit.page.goto(url);
    await visit.page.locator("input[name=person]:checked").waitFor({ state: "attached" });
    return visit;
  }

  constructor(context, page, url) {
    Object.assign(this, { context, page, url, requests: [], complaints: [], also: [] });
    context.on("request", (request) => this.requests.push(request.url()));
    page.on("websocket", (socket) => this.requests.push(socket.url()));
    page.on("console", (line) => ["error", "warning"].includes(line.type()) && this.complaints.push(line.text()));
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** Nothing went wrong in the browser, and nothing left this machine. */
  async end() {
    await this.context.close();
    assert.ok(this.requests.length > 5, "requests were not recorded");
    const ours = [this.url, ...this.also].map((url) => new URL(url).origin);
    const elsewhere = this.requests.filter((url) => !ours.includes(new URL(url).origin));
    assert.deepEqual({ complaints: this.complaints, elsewhere }, { complaints: [], elsewhere: [] });
  }

  async picture(name) {
    mkdirSync(FAILURES, { recursive: true });
    const path = join(FAILURES, `${name.replace(/\W+/g, "-")}.png`);
    await this.page.screenshot({ path }).catch(() => {});
    return path;
  }

  // ---- what a person does

  async become(handle) {
    await this.page.locator("label.who", { has: this.page.locator(`input[value=${handle}]`) }).click();
    await this.page.waitForFunction((name) => ["people", "discord-pane"].every((id) => document.getElementById(id).dataset.me === name), handle);
  }

  async types(line) {
    await this.page.fill("#composer-line", line);
    await this.page.press("#composer-line", "Enter");
  }

  /** Brings a chat platform to the front: `slack` or `discord`. */
  async goesTo(platform) {
    await this.page.locator(`#tab-${platform}`).click();
  }

  /** Enters a channel of Discord, or the direct messages with `Glasskey`. */
  async enters(room) {
    await this.discord.getByRole("tab", { name: new RegExp(`^${room}`) }).click();
  }

  /** Types a whole command in Discord, options with their names, and sends it. */
  async commands(line) {
    await this.discord.locator("#dc-line").fill(`${line} `);
    await this.discord.locator("#dc-command").waitFor();
    await this.page.keyboard.press("Enter");
    await this.discord.locator("#dc-command").waitFor({ state: "hidden" });
  }

  async opens(key) {
    await this.page.locator(`[data-key="${key}"]`).click();
  }

  // ---- what a person sees

  /** The card or message in the open conversation with these words of the person in it. */
  card(words) {
    return this.page.locator("li.msg:not(.whisper):not(.typed)", { hasText: words });
  }

  /** The card of an emergency: what is told about it has the reason too, but no fields. */
  emergencyCard(why) {
    return this.card(`“${why}”`).filter({ has: this.page.locator(".kit-fields") });
  }

  get discord() {
    return this.page.locator("#discord-pane");
  }

  /** The message in the open channel of Discord with these words in it. */
  message(words) {
    return this.discord.locator("li.dc-msg:not(.dc-mine):not(.dc-typed)", { hasText: words });
  }

  /** The last message in Discord that nobody else sees. */
  aside(words) {
    return this.discord.locator("li.dc-msg.dc-mine", { hasText: words }).last();
  }

  /** A button of a message of Discord, such as `request.approve`. */
  pushed(message, action) {
    return message.locator(`[data-action^="${action}:"]`);
  }

  whisper(words) {
    return this.page.locator("li.msg.whisper", { hasText: words }).last();
  }

  button(card, action) {
    return card.locator(`[data-action="request.${action}"]`);
  }

  emergency(card, action) {
    return card.locator(`[data-action="emergency.${action}"]`);
  }

  account(id) {
    return this.page.locator(`[data-account="${id}"]`);
  }

  holders(id) {
    return this.account(id).locator(".chip.person, .chip.group");
  }

  /** Faults of accessibility as axe-core sees them, in words. */
  async faults() {
    // What moves is judged when it has come to rest.
    await this.page.waitForFunction(() => document.getAnimations().every((a) => a.playState !== "running" || a.effect.getTiming().iterations === Infinity));
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" | ")}`);
  }
}

/** Waits until this shows these words; when it does not, says what it shows. */
export async function shows(locator, words, within = SEEN_WITHIN_MS) {
  try {
    await locator.filter({ hasText: words, visible: true }).first().waitFor({ timeout: within });
  } catch {
    assert.fail(`expected ${words} within ${within} ms in: ${JSON.stringify(await locator.allInnerTexts())}`);
  }
}

export async function gone(locator, within = SEEN_WITHIN_MS) {
  try {
    await locator.first().waitFor({ state: "detached", timeout: within });
  } catch {
    assert.fail(`still there after ${within} ms: ${JSON.stringify(await locator.allInnerTexts())}`);
  }
}

/** A test that leaves a picture when it fails. */
export function scene(test, visiting, name, act) {
  test(name, { timeout: 120_000 }, async () => {
    const visit = visiting();
    try {
      await act(visit);
    } catch (error) {
      error.message += `\n(picture: ${await visit.picture(name)})`;
      throw error;
    }
  });
}
