// Control of instances that other processes serve: the answer is the owner's, and goes with it.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditctl, type Ended } from "../support/cauditd.ts";
import { servicesHost } from "../support/services.ts";

t.test("rules, status and containers are those of the workers' instances", async (t) => {
  const server = await startNatsServer(t);
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, "control.sock");
  const host = servicesHost(t, folder, server.url, 1, {
    source: { type: "simulator", rate: 50 },
    control: { socket },
    containers: [{ name: "web", contid: "1001" }],
  });
  const ctl = (...args: string[]): Promise<Ended> =>
    cauditctl(t, ["--socket", socket, ...args], { cwd: folder });
  const [first, dispatcher] = [await host.worker("a"), host.dispatcher()];
  await dispatcher.line(/"dispatcher":/);
  const rule = ["-a", "always,exit", "-F", "arch=b64", "-S", "execve", "-k", "exec"];
  t.match(await ctl("-c", "web", ...rule), { code: 0, stdout: "", stderr: "" });
  t.match(await ctl("-c", "web", "-r", "77"), { code: 0 });
  const rules = await ctl("-c", "web", "-l");
  t.match(rules.stdout, /-S execve -F key=exec/);

  first.child.kill("SIGKILL");
  await first.ended;
  await host.worker("b");
  t.same((await ctl("-c", "web", "-l")).stdout, rules.stdout, "another worker has them");
  t.match((await ctl("-c", "web", "-s")).stdout, /^rate_limit 77$/m);

  t.match(await ctl("--register", "4711", "--contid", "1004", "--name", "cache"), { code: 0 });
  t.match((await ctl("-c", "cache", "-s")).stdout, /^enabled 1$/m);
  dispatcher.child.kill("SIGKILL");
  await dispatcher.ended;
  await host.dispatcher().line(/"dispatcher":/);
  t.match((await ctl("--contid", "4711")).stdout, "1004", "the next dispatcher knows it");
  t.match(await ctl("--end", "1004"), { code: 0, stderr: "" });
  t.ok(existsSync(join(host.logs, "cache~1")), "CID-104: its log is set aside");
  t.notOk(existsSync(join(host.logs, "cache")));
  t.match(await ctl("-c", "web", "-e", "0"), { code: 0 });
});
