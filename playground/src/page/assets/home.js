// The app's Home tab of the current person: what the bot published for them, redrawn in place when it publishes again.

import { one } from "./blocks.js";
import { byId, el, send } from "./dom.js";
import { confirmed } from "./modal.js";

export class Home {
  constructor(chat) {
    this.chat = chat;
    this.drawn = "";
  }

  /** The person looks at it: the bot hears of that, and may publish. */
  open() {
    this.draw();
    return this.chat.tell("/ui/home", { as: this.chat.state.me.id });
  }

  draw() {
    const { me, home } = this.chat.state;
    const drawn = `${me.id} ${home?.id ?? ""} ${home?.view.hash ?? ""}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = byId("home").contains(document.activeElement) && document.activeElement.dataset.action;
    byId("home").replaceChildren(...(home ? this.blocks(home.view.blocks) : [this.empty()]));
    if (focused) this.refocus(focused);
  }

  blocks(blocks) {
    const names = this.chat.names();
    const hands = { act: (...used) => this.use(...used), ask: (...asked) => this.ask(...asked) };
    return [el("div", { class: "kit" }, blocks.map((block) => one(block, names, hands)))];
  }

  empty() {
    return el("div", { class: "empty" }, el("strong", {}, "Nothing here yet"), "Glasskey has not put anything into this tab so far.");
  }

  refocus(action) {
    const all = [...byId("home").querySelectorAll("[data-action]")];
    (all.find((e) => e.dataset.action === action) ?? all[0] ?? byId("scroll")).focus({ preventScroll: true });
  }

  async use(element, blockId, chosen, control) {
    if (control.getAttribute("aria-disabled") === "true") return;
    if (element.confirm && !(await confirmed(element.confirm, this.chat.names()))) return;
    control.setAttribute("aria-disabled", "true");
    const body = { as: this.chat.state.me.id, place: { tab: "home" }, block_id: blockId, action_id: element.action_id, chosen };
    await this.chat.tell("/ui/click", body);
    control.removeAttribute("aria-disabled");
  }

  async ask(element, query) {
    const body = { as: this.chat.state.me.id, place: { tab: "home" }, action_id: element.action_id, query };
    return (await send("/ui/suggest", body)).payload;
  }
}
