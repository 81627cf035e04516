// One log on a tmpfs of 6 MB, in a mount namespace of its own; what happened is told as JSON.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InstanceLog, LogConduct, readAuditdConf } from "@cauditd/auditd";
import { DaemonSerials, LogPolicy } from "@cauditd/kernel";

const MEGABYTE = 1_048_576;
const EVENTS = 20;
const [scenario, place, confPath] = process.argv.slice(2);
const folder = join(place, "web");
const path = join(folder, "audit.log");
const filler = join(place, "filler");

function mount(...args) {
  execFileSync("mount", [...args, place], { stdio: ["ignore", "inherit", "inherit"] });
}

function free() {
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize;
}

mount("-t", "tmpfs", "-o", "size=6m", "none");
writeFileSync(filler, Buffer.alloc(2.5 * MEGABYTE));
const { conf, complaints } = await readAuditdConf(confPath, { gid: () => 0 });
if (conf === undefined) throw new Error(complaints.map(({ text }) => text).join("\n"));

const done = [];
let resumed = () => undefined;
const actions = {
  perform(effect) {
    done.push({ text: effect.text, free: free() });
    if (effect.text === "Audit daemon resumed logging.") resumed();
  },
};
const conduct = new LogConduct({
  policy: new LogPolicy(conf, {
    resumesWithSpace: scenario === "resume_with_space",
    watchesSpace: scenario !== "enospc",
  }),
  actions,
  serials: new DaemonSerials(() => 1),
  now: () => 0,
});
const log = await InstanceLog.open(path, { conduct, log: { warn() {}, error() {} } });
let serial = 0;
let lost = 0;
/** Serials that were acknowledged. */
const acked = [];

async function append(events = EVENTS, length = 300) {
  const first = serial + 1;
  let text = "";
  for (let i = 0; i < events; i++) {
    text += `type=A msg=audit(1.000:${++serial}): ${"x".repeat(length + (serial % 97))}\n`;
  }
  const outcome = await log.append({ bytes: Buffer.from(text), events });
  for (let i = 0; i < outcome.written; i++) acked.push(first + i);
  lost += outcome.lost;
  return outcome;
}

async function appendUntil(isOver, length) {
  while (!isOver()) await append(length === undefined ? EVENTS : 1, length);
}

/** What the files hold, oldest first, and whether every line is whole. */
function written() {
  const number = (name) => Number(name.slice("audit.log.".length) || 0);
  const names = readdirSync(folder).filter((name) => name.startsWith("audit.log"));
  names.sort((a, b) => number(b) - number(a));
  const text = names.map((name) => readFileSync(join(folder, name), "latin1")).join("");
  const lines = text.split("\n");
  const rest = lines.pop();
  const found = lines.map((line) => /^type=A msg=audit\(1\.000:(\d+)\): (x+)$/.exec(line));
  const whole = found.every((match) => match?.[2].length === 300 + (Number(match?.[1]) % 97));
  return { serials: found.map((match) => Number(match?.[1])), whole: whole && rest === "" };
}

const seen = {};
const isSuspended = () => log.state.suspended;
if (scenario === "rotate") {
  await appendUntil(() => serial > 60_000);
} else if (scenario === "read-only") {
  await append();
  seen.before = written();
  // Nobody can make a mount read-only while a log on it is open: it is replaced by one that is.
  execFileSync("umount", ["-l", place]);
  mount("-t", "tmpfs", "-o", "ro,size=6m", "none");
  await appendUntil(isSuspended, 20);
  acked.length = 0;
  seen.suspended = await append();
  seen.refused = await log.resume();
  mount("-o", "remount,rw");
} else if (scenario === "vanished") {
  await append();
  seen.before = written();
  rmSync(folder, { recursive: true });
  acked.length = 0;
  await append();
  rmSync(path);
  acked.length = 0;
  await append();
  seen.suspended = log.state.suspended;
} else {
  await appendUntil(isSuspended);
  seen.free = free();
  seen.suspended = [await append(), await append()];
  seen.written = written();
  const passed = new Promise((resolve) => {
    resumed = resolve;
  });
  // A log's timer alone does not keep the process.
  const alive = setTimeout(() => process.exit(3), 30_000);
  rmSync(filler);
  if (scenario === "resume_with_space") await passed;
  else seen.stillSuspended = await append();
  clearTimeout(alive);
}
seen.resumes = scenario === "resume_with_space" ? !isSuspended() : await log.resume();
seen.behind = await append();
const { failure } = log.state;
await log.close();
const state = { code: failure?.code, rotations: log.state.rotations };
console.log(JSON.stringify({ acked, serial, lost, done, ...seen, after: written(), ...state }));
