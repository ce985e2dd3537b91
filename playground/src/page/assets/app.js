// Wires the page: who you are, one stream of updates, and the parts that show them.

import { Aws } from "./aws.js";
import { Chat } from "./chat.js";
import { Discord } from "./discord.js";
import { DiscordModal } from "./discord-modal.js";
import { avatar, byId, el, send } from "./dom.js";
import { Log } from "./log.js";
import { Modal } from "./modal.js";
import { tick } from "./mrkdwn.js";
import { Okta } from "./okta.js";
import { Platforms } from "./platforms.js";

const chat = new Chat();
const modal = new Modal(chat);
const discord = new Discord();
const discordModal = new DiscordModal(discord);
const platforms = new Platforms({ slack: chat, discord }, drawPeople);
const aws = new Aws(happen);
const okta = new Okta(happen);
const log = new Log();
let stream = null;
let drawnPeople = "";
let slackState = null;

function connect(me) {
  stream?.close();
  stream = new EventSource(`/ui/stream?as=${encodeURIComponent(me)}`);
  on("slack", showSlack);
  on("discord", showDiscord);
  on("aws", (state) => aws.show(state));
  on("okta", (state) => okta.show(state));
  on("log", (entries) => log.add(entries));
  on("bot", showBot);
  stream.onerror = () => showBot({ state: "stopped", words: "The playground is gone. Is make demo still running?" });
}

function on(name, take) {
  stream.addEventListener(name, (event) => take(JSON.parse(event.data)));
}

function showSlack(state) {
  log.know(state.people, state.channels);
  chat.show(state);
  modal.show(state);
  okta.know(state);
  slackState = state;
  drawPeople();
  byId("people").dataset.me = state.me.handle;
  tick();
}

function showDiscord(state) {
  log.knowChannels(state.channels);
  discord.show(state);
  discordModal.show(state);
  drawPeople();
  byId("discord-pane").dataset.me = state.me.handle;
  tick();
}

function showBot({ state, words }) {
  byId("bot").dataset.state = state;
  byId("starting").hidden = state !== "starting";
  if (byId("bot-words").textContent !== words) byId("bot-words").textContent = words;
}

/** The switch of people; drawn again only when a name or a count changed, so that the focus stays. */
function drawPeople() {
  platforms.draw();
  const state = slackState;
  if (!state) return;
  const waiting = (person) => (platforms.inFront === "discord" ? discord.waiting(person.handle) : chat.waiting(person));
  const rows = state.people.map((person) => ({ person, waiting: person.id === state.me.id ? 0 : waiting(person) }));
  const drawn = JSON.stringify(rows.map((r) => [r.person.id, r.waiting]));
  if (drawn !== drawnPeople) {
    const focused = document.activeElement?.name === "person";
    byId("people-row").replaceChildren(...rows.map((row) => face(row, state.me)));
    if (focused) byId("people-row").querySelector("input:checked")?.focus();
    drawnPeople = drawn;
  }
}

function face({ person, waiting }, me) {
  const input = el("input", { type: "radio", name: "person", value: person.handle, checked: person.id === me.id, onchange: () => become(person.handle) });
  const badge = waiting > 0 && el("span", { class: "unread" }, String(waiting), el("span", { class: "sr" }, " unread direct messages"));
  return el("label", { class: "who" }, input,
    el("span", { class: "who-face" }, avatar(person),
      el("span", {}, el("span", { class: "who-name" }, person.name.split(" ")[0]), el("span", { class: "who-role" }, person.role))),
    badge);
}

function become(handle) {
  history.replaceState(null, "", `#${handle}`);
  connect(handle);
}

/** Lets something happen at AWS or Okta, behind the bot's back; the stream brings what comes of it. */
async function happen(what) {
  const { failure } = await send("/ui/happen", what);
  if (failure) byId("notice").textContent = failure;
}

setInterval(tick, 1000);
connect(location.hash.slice(1) || "ana");
