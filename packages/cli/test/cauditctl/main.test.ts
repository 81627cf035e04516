import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { runCauditctl } from "../../src/cauditctl/main.ts";
import { NodeControl } from "../../src/node/node-control.ts";
import { fakeIo } from "../fake-io.ts";
import { controlledNode } from "./controlled-node.ts";

async function cauditctl(args: readonly string[], env: Record<string, string> = {}) {
  let stdout = "";
  let stderr = "";
  const output = {
    out: (text: string) => (stdout += text),
    err: (text: string) => (stderr += text),
  };
  const code = await runCauditctl(args, env, output);
  return { code, stdout, stderr };
}

t.test("what needs no host is answered without one", async (t) => {
  t.match(await cauditctl([]), { code: 1, stdout: /^usage: cauditctl/ });
  t.match(await cauditctl(["-h"]), { code: 255, stdout: /^usage: cauditctl/ });
  t.match(await cauditctl(["--help"]), { code: 0, stdout: /^usage: cauditctl/ });
  t.match(await cauditctl(["-v"]), { code: 0, stdout: /^cauditctl version/ });
  t.match(await cauditctl(["--url"]), { code: 2, stderr: "cauditctl: --url: expected a value\n" });
  t.match(await cauditctl(["-e", "3"]), { code: 255, stderr: "Enable must be 0, 1, or 2 was 3\n" });
  const nobody = await cauditctl(["-s", "--socket", "/nobody/there"]);
  t.match(nobody, { code: 1, stderr: /^cauditctl: ENOENT: .*\n$/ });
});

t.test("over a socket, it does what its arguments say", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "c-"));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const { node } = await controlledNode(t, t.testdir({}), [{ name: "web", contid: 7n, pid: 1 }]);
  const socket = join(dir, "s");
  const control = await NodeControl.start({
    node,
    config: { host: "h1", policy: { mainline: false, both: false, strict: true }, principals: [] },
    socket,
    log: fakeIo().log,
    now: Date.now,
  });
  t.teardown(() => control.close());
  const env = { CAUDITD_SOCKET: socket };
  t.match(await cauditctl(["-c", "web", "-a", "always,task", "-F", "subj_user=\u00e9"], env), {
    code: 0,
    stderr: "",
  });
  const bytes = Buffer.from("\u00e9").toString("latin1");
  t.match(
    (await cauditctl(["-c", "7", "-l"], env)).stdout,
    `-a always,task -F subj_user=${bytes}\n`,
  );
  t.same(await cauditctl(["-c", "nobody", "-l"], env), {
    code: 1,
    stdout: "",
    stderr: 'cauditctl: ENOENT: no such file or directory, rules instance="nobody"\n',
  });
  t.match(await cauditctl(["--contid", "1"], env), { code: 0, stdout: "7\n" });
  t.match(await cauditctl(["--end", "9"], env), { code: 1, stderr: /^cauditctl: ENOENT/ });
});
