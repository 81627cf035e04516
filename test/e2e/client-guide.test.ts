// The programs of docs/guide/client.md, run as they stand there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openNatsTenantStreams } from "@cauditd/bus";
import t, { type Test } from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";

const GUIDE = new URL("../../docs/guide/client.md", import.meta.url);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAMS = [...readFileSync(GUIDE, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, text]) => text ?? "",
);

function lines(serial: number): string {
  const stamp = `audit(1700000000.00${serial}:${serial})`;
  return `type=SYSCALL msg=${stamp}: syscall=59 comm="sh"\ntype=CWD msg=${stamp}: cwd="/"\n`;
}

/** A server with events 1, 2 and 4 of scope 1001. */
async function server(t: Test): Promise<string> {
  const { url } = await startNatsServer(t);
  const streams = await openNatsTenantStreams({ url, host: "node1" });
  const limits = { bytes: 1_000_000, age: 0 };
  const writer = await streams.open("1001", { limits, consumers: ["siem"] });
  const bytes = Buffer.from(lines(1) + lines(2) + lines(4));
  await writer.publish({ generation: 1, first: 1, last: 4, events: 3, bytes });
  await streams.close();
  return url;
}

/** Runs a program of the guide; it sees the packages as they are built. */
function start(t: Test, text: string, url: string) {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".cache", "guide-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "program.mjs");
  // Its types are the only thing that JavaScript does not have.
  writeFileSync(path, text.replace(", type Position", "").replace(': Position | "begin"', ""));
  const child = spawn(process.execPath, [path], { env: { ...process.env, NATS_URL: url } });
  t.teardown(() => child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const ended = once(child, "close").then(([code]) => ({ code, stdout, stderr }));
  return { child, ended, stdout: () => stdout };
}

t.test("the guide has two programs", async (t) => {
  t.equal(PROGRAMS.length, 2);
});

t.test("the program that reads alone prints events and what was lost", async (t) => {
  const { ended } = start(t, PROGRAMS[0] ?? "", await server(t));
  const { code, stdout, stderr } = await ended;
  t.equal(stderr, "");
  t.equal(code, 0);
  t.equal(
    stdout,
    [
      "1 2023-11-14T22:13:20.001Z sh",
      "2 2023-11-14T22:13:20.002Z sh",
      "lost: 3 to 3",
      "4 2023-11-14T22:13:20.004Z sh",
      "",
    ].join("\n"),
  );
});

t.test("the program that shares a consumer prints events until it is stopped", async (t) => {
  const { child, ended, stdout } = start(t, PROGRAMS[1] ?? "", await server(t));
  while (stdout().split("\n").length < 4) await once(child.stdout, "data");
  child.kill("SIGTERM");
  const { code, stderr } = await ended;
  t.equal(stderr, "");
  t.equal(code, 0);
  const events = stdout()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.match(events, [{ serial: 1 }, { serial: 2 }, { serial: 4 }]);
});
