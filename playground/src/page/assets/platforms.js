// The two platforms as tabs. Each keeps what it shows; only one is in front, and only there anything counts as read.

import { byId, el } from "./dom.js";

/** Where the way past everything leads. */
const LINES = { slack: "#composer-line", discord: "#dc-line" };

export class Platforms {
  /** `chats`: by platform; `changed` is called when another one comes to the front. */
  constructor(chats, changed) {
    this.chats = chats;
    this.changed = changed;
    this.inFront = "slack";
    for (const tab of this.tabs()) tab.addEventListener("click", () => this.show(tab.dataset.platform));
    byId("platforms").addEventListener("keydown", (event) => this.move(event));
  }

  tabs() {
    return [...byId("platforms").querySelectorAll("[role=tab]")];
  }

  show(platform) {
    this.inFront = platform;
    for (const tab of this.tabs()) {
      const isFront = tab.dataset.platform === platform;
      tab.setAttribute("aria-selected", String(isFront));
      tab.tabIndex = isFront ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !isFront;
    }
    byId("skip").setAttribute("href", LINES[platform]);
    this.chats[platform].appear();
    this.changed();
  }

  move(event) {
    if (!["ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key)) return;
    const others = this.tabs();
    const here = others.findIndex((tab) => tab.dataset.platform === this.inFront);
    const next = { Home: 0, End: others.length - 1 }[event.key] ?? (here + 1) % others.length;
    this.show(others[next].dataset.platform);
    others[next].focus();
    event.preventDefault();
  }

  /** How much is new on a platform that is not in front. */
  draw() {
    for (const tab of this.tabs()) {
      const count = tab.dataset.platform === this.inFront ? 0 : this.chats[tab.dataset.platform].unreadAnywhere();
      const said = String(count);
      if ((tab.querySelector(".unread")?.dataset.count ?? "0") === said) continue;
      tab.querySelector(".unread")?.remove();
      if (count) tab.append(el("span", { class: "unread", data: { count: said } }, said, el("span", { class: "sr" }, " unread")));
    }
  }
}
