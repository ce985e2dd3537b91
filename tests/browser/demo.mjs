// Starts the whole demo (`glasskey-playground demo`) and stops it so that nothing is left, whatever happened in between.

import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const BUILT = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug");
/** Where pictures of failures go. */
export const FAILURES = join(BUILT, "../browser-failures");
export const BOT = join(BUILT, "glasskey");

/** A debug build on a busy machine: the demo itself gives its bot 60 s. */
const READY_WITHIN_MS = 70_000;
/** The demo gives its bot 20 s to drain. */
const STOP_WITHIN_MS = 30_000;

export class Demo {
  /** Starts the demo on a free port; resolves when the page is there. `bot` is a program to run in place of the bot. */
  static async start({ bot } = {}) {
    const program = join(BUILT, "glasskey-playground");
    assert.ok(existsSync(program) && existsSync(BOT), `${program} is not built: run \`cargo build -p glasskey -p glasskey-playground\``);
    const demo = new Demo(program, bot);
    try {
      demo.url = await demo.said(/Open\s+(http:\/\/127\.0\.0\.1:\d+\/)/, READY_WITHIN_MS);
    } catch (error) {
      demo.kill();
      throw error;
    }
    return demo;
  }

  constructor(program, bot) {
    // In this folder lies the configuration, so each process of this demo has the folder's name in its command line.
    this.folder = mkdtempSync(join(tmpdir(), "glasskey-browser-"));
    const args = ["demo", "--port", "0", "--keep", this.folder, ...(bot ? ["--bot", bot] : [])];
    this.child = spawn(...dyingWithUs(program, args), { stdio: ["ignore", "pipe", "pipe"] });
    this.output = "";
    this.exited = new Promise((done) => this.child.once("exit", (code, signal) => done(code ?? signal)));
    for (const pipe of [this.child.stdout, this.child.stderr]) {
      pipe.setEncoding("utf8").on("data", (text) => {
        this.output += text;
        this.child.emit("said");
      });
    }
    this.lastResort = () => this.kill();
    process.once("exit", this.lastResort);
  }

  /** Waits until the demo has said something like this, and answers its first group. */
  said(pattern, withinMs = READY_WITHIN_MS) {
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`the demo did not say ${pattern} in ${withinMs} ms:\n${this.output}`)), withinMs);
      const look = () => {
        const found = pattern.exec(this.output);
        if (!found) return;
        clearTimeout(timer);
        this.child.off("said", look);
        done(found[1] ?? found[0]);
      };
      this.child.on("said", look);
      this.exited.then((status) => {
        clearTimeout(timer);
        fail(new Error(`the demo ended (${status}):\n${this.output}`));
      });
      look();
    });
  }

  ready() {
    return this.said(/The bot is ready/);
  }

  async state(handle) {
    const reply = await fetch(`${this.url}ui/state?as=${handle}`);
    return reply.json();
  }

  /** Asks the demo to stop, sees it end well, and that no process of it is left. */
  async stop() {
    this.child.kill("SIGTERM");
    let timer;
    const late = new Promise((done) => { timer = setTimeout(() => done("late"), STOP_WITHIN_MS); });
    const status = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    const left = processesWith(this.folder);
    this.kill();
    assert.equal(status, 0, `the demo did not stop cleanly (${status}):\n${this.output}`);
    assert.deepEqual(left, [], "processes of the demo are left");
  }

  /** At once and without a question; also when this process ends early. */
  kill() {
    process.off("exit", this.lastResort);
    for (const pid of [this.child.pid, ...processesWith(this.folder).map((p) => p.pid)]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** On Linux the kernel sends SIGTERM to the demo when we are killed: then even `kill -9` of a test leaves nothing. */
function dyingWithUs(program, args) {
  try {
    execFileSync("setpriv", ["--version"], { stdio: "ignore" });
    return ["setpriv", ["--pdeathsig", "TERM", "--", program, ...args]];
  } catch {
    return [program, args];
  }
}

function processesWith(folder) {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid: Number(pid), line: commandLine(pid) }))
    .filter(({ line }) => line.includes(folder));
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
