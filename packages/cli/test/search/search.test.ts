import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { search } from "../../src/search/search.ts";
import { fakeIo } from "../fake-io.ts";

function call(serial: number, sec: number, key = "k"): string {
  const head = `type=SYSCALL msg=audit(${sec}.000:${serial}): arch=c000003e syscall=2 success=yes`;
  return `${head} exit=3 a0=1 a1=2 ppid=1 pid=${serial} auid=0 uid=0 ses=1 key="${key}"\n`;
}

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo();
  const code = await search(argv, io);
  return { code, out: io.stdout(), err: io.stderr() };
}

t.test("an instance's rotated logs are read in order, compressed ones too", async (t) => {
  const logs = t.testdir({ web: { "audit.log": call(3, 30), "audit.log.1": call(2, 20) } });
  writeFileSync(join(logs, "web/audit.log.2.gz"), gzipSync(call(1, 10)));
  const found = await run("web", "--logs", logs, "--raw", "-k", "k");
  t.equal(found.out, call(1, 10) + call(2, 20) + call(3, 30));
  t.equal(found.code, 0);
});

t.test("AUD-153: files behind a gap are not seen", async (t) => {
  const dir = t.testdir({ "audit.log": call(3, 30), "audit.log.2": call(1, 10) });
  const found = await run("-if", dir, "--raw", "-k", "k");
  t.equal(found.out, call(3, 30));
  t.equal(found.err, `NOTE - using logs in ${dir}/audit.log\n`);
});

t.test("AUD-154: a search that finds nothing says so and exits 1", async (t) => {
  const dir = t.testdir({ l: call(1, 10) });
  t.strictSame(await run("-if", join(dir, "l"), "-k", "nosuch"), {
    code: 1,
    out: "",
    err: "<no matches>\n",
  });
  t.match(await run("-if", join(dir, "l"), "-k", "nosuch", "--raw"), { code: 1, err: "" });
  t.match(await run("-if", join(dir, "x"), "-k", "k"), { code: 1, err: /^stat: No such file/ });
  t.match(await run("-bogus"), { code: 1, err: "-bogus is an unsupported option\n" });
});

t.test("without options all events are printed; with --help how it is used", async (t) => {
  const logs = t.testdir({ web: { "audit.log": call(1, 10) } });
  t.match((await run("web", "--logs", logs)).out, /^----\ntime->.*\ntype=SYSCALL/);
  t.match(await run("--help"), { code: 0, out: /^usage: cauditd search NAME/ });
  t.match(await run(), { code: 1, out: /^usage/ });
  t.match(await run("web", "-v"), { code: 0, out: /ausearch 3\.0\.9/ });
});

t.test("a checkpoint goes on behind the last complete event", async (t) => {
  const dir = t.testdir({ "audit.log": call(1, 10) + call(2, 20) });
  const log = join(dir, "audit.log");
  const point = join(dir, "point");
  const argv = ["-if", dir, "--raw", "--checkpoint", point];
  t.match(await run(...argv), { code: 0, out: call(1, 10) });
  t.match(
    readFileSync(point, "latin1"),
    /^dev=0x[0-9A-F]+\ninode=\d+\noutput=- 10\.000:1 0x514\n$/,
  );
  writeFileSync(log, call(3, 30), { flag: "a" });
  t.match(await run(...argv), { code: 0, out: call(2, 20) });
  t.match(await run(...argv), { code: 1, out: "" });
  writeFileSync(point, "bad\n");
  t.match(await run(...argv), { code: 10 });
  mkdirSync(join(dir, "folder"));
  t.match(await run("-if", dir, "--raw", "--checkpoint", join(dir, "folder")), { code: 10 });
});

t.test("--just-one ends with the first event", async (t) => {
  const dir = t.testdir({ l: call(1, 10, "a") + call(2, 20) + call(3, 30) });
  t.match(await run("-if", join(dir, "l"), "--just-one", "--raw", "-k", "k"), { out: call(2, 20) });
});

t.test("--debug tells of records for which an event is not accepted", async (t) => {
  const bad = "type=SYSCALL msg=audit(11.000:2): arch=c000003e syscall=2 success=yes exit=3 pid=2";
  const logs = t.testdir({ web: { "audit.log": `${call(1, 10)}${bad}\n${call(3, 12)}` } });
  const argv = ["web", "--logs", logs, "--raw", "-ui", "0"];
  t.match(await run(...argv), { code: 0, out: call(1, 10) + call(3, 12), err: "" });
  t.match(await run(...argv, "--debug"), { code: 0, err: `Malformed event skipped. ${bad}\n` });
});
