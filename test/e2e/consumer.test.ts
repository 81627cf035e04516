// A tenant's consumer as processes: killed, without a server, and sharing its stream.
import { once } from "node:events";
import { readFileSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { type Running, start } from "../support/cauditd.ts";
import { BUSY, type Site, site, told } from "../support/streams-site.ts";

t.setTimeout(120_000);

const STREAMS = "streams: { consumers: [main, siem] }\n";

function consumer(t: Test, { server, folder }: Site, ...args: string[]): Running {
  const nats = ["--nats", server.url, "--host", "h1"];
  return start(t, ["consumer", "1001", ...nats, ...args], { cwd: folder });
}

/** Resolves when it is so, looking again when something in the folder changes. */
async function until({ folder }: Site, isSo: () => boolean): Promise<void> {
  const watcher = watch(folder);
  try {
    while (!isSo()) await once(watcher, "change");
  } finally {
    watcher.close();
  }
}

/** Bytes of a file; 0 when it is not there. */
function size(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function serialsOf(text: string): number[] {
  return [...text.matchAll(/^type=\S+ msg=audit\(\d+\.\d{3}:(\d+)\)/gm)].map(([, serial]) =>
    Number(serial),
  );
}

t.test(
  "a consumer that is killed again and again, with its server, has each event once",
  async (t) => {
    const there = await site(t, STREAMS);
    const out = join(there.folder, "web.log");
    const json = join(there.folder, "web.json");
    const node = there.up();
    await node.line(BUSY);
    const steady = consumer(t, there, "--out", "web.json", "--format", "json");
    for (let life = 0; life < 4; life++) {
      const before = size(out);
      const running = consumer(t, there, "--out", "web.log");
      await until(there, () => size(out) > before);
      running.child.kill("SIGKILL");
      await running.ended;
      if (life === 1) {
        await there.server.kill();
        await told(node, 1);
        await there.server.restart();
      }
    }
    node.child.kill("SIGTERM");
    t.equal((await node.ended).code, 0);
    const log = there.log("web");
    const last = consumer(t, there, "--out", "web.log");
    await until(there, () => size(out) >= log.length);
    last.child.kill("SIGTERM");
    t.match(await last.ended, { code: 0, stdout: "" });
    t.ok(readFileSync(out, "latin1") === log, "its file equals the log, byte for byte");
    const whole = new Set(serialsOf(log)).size;
    const events = (): string[] => readFileSync(json, "utf8").split("\n").slice(0, -1);
    const isWhole = () => events().filter((line) => !line.startsWith('{"gap"')).length >= whole;
    await until(there, isWhole);
    steady.child.kill("SIGTERM");
    t.equal((await steady.ended).code, 0);
    const lines = events()
      .map((line) => JSON.parse(line))
      .filter(({ gap }) => gap === undefined);
    const texts = lines.map(({ records }) =>
      records.map(({ line }: { line: string }) => `${line}\n`).join(""),
    );
    t.ok(texts.join("") === log, "the lines in its JSON are those of the log");
  },
);

t.test("consumers that share a stream have each event once between them", async (t) => {
  const there = await site(t, STREAMS);
  const node = there.up();
  await node.line(BUSY);
  const outs = ["a.log", "b.log"].map((name) => join(there.folder, name));
  const shared = ["--consumer", "siem"];
  const pair = ["a.log", "b.log"].map((name) => consumer(t, there, ...shared, "--out", name));
  await until(there, () => outs.every((path) => size(path) > 0));
  await told(node, 1);
  for (const { child } of pair) child.kill("SIGTERM");
  for (const { ended } of pair) t.match(await ended, { code: 0, stderr: "" });
  node.child.kill("SIGTERM");
  await node.ended;
  const log = there.log("web");
  const rest = consumer(t, there, ...shared, "--out", "a.log");
  const both = (): number => outs.reduce((sum, path) => sum + size(path), 0);
  await until(there, () => both() >= log.length);
  rest.child.kill("SIGTERM");
  t.equal((await rest.ended).code, 0);
  const all = outs.flatMap((path) => readFileSync(path, "latin1").split(/(?<=\n)/));
  t.same(all.sort(), log.split(/(?<=\n)/).sort());
});

t.test("without a file it prints, and a file that is not its own is not touched", async (t) => {
  const there = await site(t, STREAMS);
  const early = consumer(t, there, "--format", "json", "--from", "begin");
  const node = there.up();
  t.match(JSON.parse(await early.line(/^\{"generation":1,"serial":1,/)), { serial: 1 });
  early.child.kill("SIGTERM");
  t.equal((await early.ended).code, 0);
  const wrong = await consumer(t, there, "--out", "cauditd.yaml").ended;
  t.match(wrong, { code: 1, stderr: /^cauditd: EEXIST.*cauditd\.yaml: it is not empty/ });
  node.child.kill("SIGTERM");
  await node.ended;
});

t.test("a file has one consumer; another may have it when that one is gone", async (t) => {
  const there = await site(t, STREAMS);
  const node = there.up();
  await node.line(BUSY);
  const out = join(there.folder, "web.log");
  const first = consumer(t, there, "--out", "web.log");
  await until(there, () => size(out) > 0);
  const second = await consumer(t, there, "--out", "web.log").ended;
  t.match(second, {
    code: 1,
    stdout: "",
    stderr: new RegExp(`^cauditd: EBUSY: .*web\\.log: in use by process ${first.child.pid}\n$`),
  });
  first.child.kill("SIGKILL");
  await first.ended;
  const before = size(out);
  const third = consumer(t, there, "--out", "web.log");
  await until(there, () => size(out) > before);
  third.child.kill("SIGTERM");
  t.match(await third.ended, { code: 0, stderr: "" });
  node.child.kill("SIGTERM");
  await node.ended;
  t.ok(there.log("web").startsWith(readFileSync(out, "latin1")), "each event once, in order");
});
