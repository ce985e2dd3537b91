// Access requests as people live them: the form with what is looked up while one types, errors at their fields, more time, App Home,
// urgent access, a start in the future, a bundle, and a group.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Demo } from "./demo.mjs";
import { Visit, launch, scene, shows } from "./visit.mjs";

const PAYMENTS_PROD = "333333333333";

let demo;
let browser;
let visit;

const at = (name, act) => scene(test, () => visit, name, act);
const form = () => visit.page.getByRole("dialog", { name: "Request access" });
const field = (name) => form().getByRole("combobox", { name });
const offered = (name) => form().getByRole("option", { name });

/** Types a part of a name into a field that looks things up, and chooses what is offered. */
async function chooses(name, typed, option) {
  await field(name).click();
  await field(name).fill(typed);
  await offered(option).first().waitFor();
  await offered(option).first().click();
}

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

at("`/elevate` alone opens a form that offers only what Ana may ask for", async () => {
  await visit.become("ana");
  await visit.types("/elevate");
  await form().waitFor();
  await field("Account, group or bundle").click();
  await field("Account, group or bundle").fill("pay");
  await offered(/payments-prod \(333333333333\)/).waitFor();
  await offered(/payments-oncall/).waitFor();
  assert.equal(await offered(/data-prod/).count(), 0);
  await offered(/payments-prod \(333333333333\)/).click();
  await field("Permission set").click();
  await offered(/ReadOnly \(1 approval\)/).waitFor();
  assert.equal(await offered(/Admin/).count(), 0, "Admin is for commanders");
  await offered(/ReadOnly \(1 approval\)/).click();
  await field("For how long?").click();
  await offered(/4 h \(1 approval\)/).waitFor();
  assert.equal(await offered(/8 h/).count(), 0, "policy allows four hours");
  await offered(/30 min/).click();
  assert.deepEqual(await visit.faults(), []);
});

at("what is wrong is said at its field, and the form stays open with what was filled in", async () => {
  await form().getByRole("textbox", { name: "Why?" }).fill("look at refunds");
  await form().getByRole("textbox", { name: "Ticket" }).fill("REFUNDS");
  await form().getByRole("textbox", { name: "From when?" }).fill("when it suits");
  await form().getByRole("button", { name: "Ask" }).click();
  await shows(form(), "say a start such as");
  await form().getByRole("textbox", { name: "From when?" }).fill("");
  await form().getByRole("button", { name: "Ask" }).click();
  await shows(form(), "is not a ticket of the form");
  await form().getByRole("textbox", { name: "Ticket" }).fill("INC-7");
  await form().getByRole("button", { name: "Ask" }).click();
  await form().waitFor({ state: "hidden" });
  const card = visit.card("look at refunds");
  await shows(card, /Ana Ferreira asks for ReadOnly in payments-prod for 30 min/);
});

at("Bo approves for less, Ana asks for more time on the card, and Bo approves that", async () => {
  const card = visit.card("look at refunds");
  await visit.become("bo");
  await visit.button(card, "approve-less").click();
  const less = visit.page.getByRole("dialog", { name: "Approve for less" });
  await less.getByRole("combobox").selectOption({ label: "15 min" });
  await less.getByRole("button", { name: "Approve" }).click();
  await shows(card, "Active");
  await visit.become("ana");
  await visit.button(card, "extend").click();
  const more = visit.page.getByRole("dialog", { name: "Extend access" });
  await more.getByRole("combobox").selectOption({ label: "1 h" });
  await more.getByRole("textbox", { name: "Why?" }).fill("two more refunds");
  await more.getByRole("button", { name: "Extend" }).click();
  await shows(card, "two more refunds");
  await shows(card, /1 h more/);
  await visit.become("bo");
  await visit.button(card, "approve-extension").click();
  await visit.become("ana");
  await visit.opens("direct");
  await shows(visit.card("Extended"), "ReadOnly in payments-prod");
  await visit.opens("C0ACCESS");
});

at("App Home shows what Ana has, ends it, and opens the form", async () => {
  const home = visit.page.locator("#home");
  await visit.page.getByRole("tab", { name: "Home" }).click();
  await shows(home, "Your access");
  await shows(home, "ReadOnly in payments-prod");
  assert.deepEqual(await visit.faults(), []);
  await home.getByRole("button", { name: "Request access" }).click();
  await form().waitFor();
  await visit.page.keyboard.press("Escape");
  await form().waitFor({ state: "hidden" });
  await home.getByRole("button", { name: "End now", exact: true }).click();
  await visit.page.getByRole("button", { name: "End now", exact: true }).last().click();
  await shows(home, "is being ended");
  await visit.opens("C0ACCESS");
  await shows(visit.card("look at refunds"), "AWS confirms that it is gone");
});

at("an ended card asks for the same again, filled in", async () => {
  const card = visit.card("look at refunds");
  await visit.button(card, "repeat").click();
  await form().waitFor();
  assert.equal(await field("Account, group or bundle").inputValue(), "payments-prod");
  assert.equal(await field("Permission set").inputValue(), "ReadOnly");
  assert.equal(await form().getByRole("textbox", { name: "Why?" }).inputValue(), "look at refunds");
  await visit.page.keyboard.press("Escape");
  await form().waitFor({ state: "hidden" });
});

at("urgent access is there at once; Bo is told, and objects", async () => {
  const why = "nobody can pay since noon";
  const card = visit.card(why).filter({ has: visit.page.locator(".kit-fields") });
  await visit.types(`/elevate urgent payments-prod PowerUser 30m INC-9 ${why}`);
  await shows(card, /URGENT/i);
  await shows(card, "Active");
  await shows(visit.holders(PAYMENTS_PROD), "Ana");
  await visit.become("bo");
  await visit.opens("direct");
  await shows(visit.card(why), /urgent/i);
  await visit.opens("C0ACCESS");
  await visit.button(card, "object").click();
  const dialog = visit.page.getByRole("dialog", { name: "Object" });
  await dialog.getByRole("textbox", { name: "Why?" }).fill("ask me first, I am here");
  await dialog.getByRole("button", { name: "Object" }).click();
  await shows(card, "objected");
  await shows(card, "AWS confirms that it is gone");
});

at("a start in the future waits, and can be taken back", async () => {
  const why = "prepare the migration";
  const card = visit.card(why);
  await visit.become("ana");
  await visit.types(`/elevate payments-prod ReadOnly 1h at tomorrow 9:30 INC-8 ${why}`);
  await shows(card, "Waits for 1 approval");
  await visit.become("bo");
  await visit.button(card, "approve").click();
  await shows(card, "begins");
  assert.equal(await visit.holders(PAYMENTS_PROD).count(), 0);
  await visit.become("ana");
  await visit.button(card, "withdraw").click();
  await shows(card, "Withdrawn");
});

at("a bundle is one card, one approval, and all of it", async () => {
  const why = "my turn on call";
  const card = visit.card(why).filter({ has: visit.page.locator(".kit-fields") });
  await visit.types(`/elevate bundle oncall-payments 30m INC-7 ${why}`);
  await shows(card, "oncall-payments");
  await visit.become("dee");
  await visit.button(card, "approve").click();
  await visit.become("bo");
  if ((await card.innerText()).includes("Waits")) await visit.button(card, "approve").click();
  await shows(card, "Active");
  await shows(visit.holders(PAYMENTS_PROD), "Ana");
  await visit.become("ana");
  await visit.button(card, "end").first().click();
  await visit.page.getByRole("button", { name: "End now", exact: true }).last().click();
  await shows(card, "Ended");
  const { violations } = await demo.state("ana");
  assert.deepEqual(violations, []);
});
