// Small hands for the DOM. Text always goes in as text, never as markup.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "style") Object.entries(value).forEach(([key, v]) => node.style.setProperty(key, v));
  else if (name === "class") node.className = value;
  else node.setAttribute(name, value === true ? "" : value);
}

export const byId = (id) => document.getElementById(id);

export function hue(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}

export function avatar(person) {
  if (person.bot) return el("img", { class: "avatar bot-face", src: "/icon.svg", alt: "" });
  return el("span", { class: "avatar", "aria-hidden": "true", style: { "--hue": hue(person.id) } }, person.name.slice(0, 1));
}

export function clock(seconds, withSeconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", ...(withSeconds ? { second: "2-digit" } : {}) };
  return new Date(seconds * 1000).toLocaleTimeString([], options);
}

export async function send(path, body) {
  const reply = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
  return reply.json();
}

const NEAR_PX = 40;

/** Keeps a scrolled list at its end while it grows or its frame shrinks, until somebody scrolls up to read. */
export function followEnd(frame, list) {
  let follows = true;
  let top = 0;
  const toEnd = () => { if (follows) frame.scrollTop = frame.scrollHeight; };
  frame.addEventListener("scroll", () => {
    const near = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_PX;
    // The news of our own scrolling comes late, when the list may have grown again: only a person scrolls up.
    follows = near || (follows && frame.scrollTop >= top);
    top = frame.scrollTop;
  });
  const watcher = new ResizeObserver(toEnd);
  watcher.observe(frame);
  watcher.observe(list);
  return () => {
    follows = true;
    toEnd();
  };
}
