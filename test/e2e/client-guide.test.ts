// The programs of docs/guide/client.md, run as they stand there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openNatsTenantStreams } from "@cauditd/bus";
import t, { type Test } from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { startDeployedNats } from "../support/deployment.ts";

t.setTimeout(120_000);

const GUIDE = new URL("../../docs/guide/client.md", import.meta.url);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAMS = [...readFileSync(GUIDE, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, text]) => text ?? "",
);

function lines(serial: number): string {
  const stamp = `audit(1700000000.00${serial}:${serial})`;
  return `type=SYSCALL msg=${stamp}: syscall=59 comm="sh"\ntype=CWD msg=${stamp}: cwd="/"\n`;
}

/** Events 1, 2 and 4 of scope 1001. */
async function publish(options: { url: string; creds?: string; ca?: string }): Promise<void> {
  const inboxPrefix = options.creds === undefined ? undefined : "_INBOX_auditd";
  const streams = await openNatsTenantStreams({ ...options, inboxPrefix, host: "node1" });
  const limits = { bytes: 1_000_000, age: 0 };
  const writer = await streams.open("1001", { limits, consumers: ["main"] });
  const bytes = Buffer.from(lines(1) + lines(2) + lines(4));
  await writer.publish({ generation: 1, first: 1, last: 4, events: 3, bytes });
  await streams.close();
}

type Environment = Readonly<Record<string, string>>;

/** Servers with those events: what a program's environment says of each. */
const SERVERS: Readonly<Record<string, (t: Test) => Promise<Environment>>> = {
  "a server that asks for nothing": async (t) => {
    const { url } = await startNatsServer(t);
    await publish({ url });
    return { NATS_URL: url };
  },
  "the server of deploy/": async (t) => {
    const { url, ca, creds } = await startDeployedNats(t);
    await publish({ url, ca, creds: creds("worker") });
    return { NATS_URL: url, NATS_CREDS: creds("web"), NATS_CA: ca, NATS_INBOX: "_INBOX_web" };
  },
};

/** Runs a program of the guide; it sees the packages as they are built. */
function start(t: Test, text: string, given: Environment) {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".cache", "guide-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "program.mjs");
  // Its types are the only thing that JavaScript does not have.
  writeFileSync(path, text.replace(", type Position", "").replace(': Position | "begin"', ""));
  const child = spawn(process.execPath, [path], { env: { ...process.env, ...given } });
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

for (const [name, server] of Object.entries(SERVERS)) {
  t.test(`reading alone prints events and what was lost: ${name}`, async (t) => {
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

  t.test(`sharing a consumer prints events until it is stopped: ${name}`, async (t) => {
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
}
