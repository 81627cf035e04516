import { join } from "node:path";
import t from "tap";
import { report } from "../../src/search/report.ts";
import { fakeIo } from "../fake-io.ts";

const call = (serial: number, sec: number): string =>
  `type=SYSCALL msg=audit(${sec}.000:${serial}): arch=0 syscall=2 success=yes exit=0 a0=1 a1=2 ` +
  `ppid=1 pid=${serial} auid=5 uid=0 exe="/x" key=(null)\n`;

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo();
  const code = await report(argv, io);
  return { code, out: io.stdout(), err: io.stderr() };
}

t.test("a report goes over all logs of an instance", async (t) => {
  const logs = t.testdir({ web: { "audit.log": call(2, 20), "audit.log.1": call(1, 10) } });
  const { code, out } = await run("web", "--logs", logs, "-p");
  t.equal(code, 0);
  t.match(out, /\n1\. \S+ \S+ 1 \/x 2 5 1\n2\. \S+ \S+ 2 \/x 2 5 2\n$/);
  t.match(await run("-if", join(logs, "web")), { code: 0, err: /^NOTE - using logs in/ });
});

t.test("wrong arguments and missing logs are told", async (t) => {
  t.match(await run("-bogus"), { code: 1, err: "-bogus is an unsupported option\n" });
  t.match(await run("-if", "/nonexistent"), { code: 1, err: /^stat: No such file/ });
  t.match(await run("--help"), { code: 0, out: /^usage: cauditd report/ });
  t.match(await run("-v"), { code: 0, out: /aureport 3\.0\.9/ });
});
