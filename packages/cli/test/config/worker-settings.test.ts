import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditdInstance } from "@cauditd/auditd";
import { MemoryTenantStreams } from "@cauditd/bus";
import t from "tap";
import { readSettings } from "../../src/config/settings.ts";
import { WorkerSettings } from "../../src/config/worker-settings.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";

const { log } = fakeIo();
const text = (more: string) => `logs: l
source: { type: simulator }
containers: [{ name: web, contid: "1" }]
${more}`;

t.test("what is read again holds for instances that begin then", async (t) => {
  const path = join(t.testdir({ "c.yaml": text("") }), "c.yaml");
  const settings = new WorkerSettings(path, await readSettings(path, log), undefined, log);
  t.same(settings.optionsOf("web").instance, {});
  writeFileSync(path, text("instances: { web: { overflow: oldest } }\nworker: { ttl: 3 }\n"));
  t.same(await settings.reload([]), { failed: [], restart: ["worker"] });
  t.same(settings.optionsOf("web").instance, { overflow: "oldest" });
  writeFileSync(path, text("instances: { db: {} }\n"));
  t.match(await problemsOf(() => settings.reload([])), [/no such instance/]);
  t.same(settings.optionsOf("web").instance, { overflow: "oldest" }, "as it was");
});

t.test("streams are kept as is said, and need a restart to come or go", async (t) => {
  const path = join(t.testdir({ "c.yaml": text("streams: { megabytes: 1 }\n") }), "c.yaml");
  const streams = new MemoryTenantStreams().open();
  const settings = new WorkerSettings(path, await readSettings(path, log), streams, log);
  writeFileSync(path, text("streams: { megabytes: 2 }\n"));
  t.same(await settings.reload([]), { failed: [], restart: [] });
  t.equal(settings.optionsOf("web").stream?.limits.bytes, 2 * 1_048_576);
  writeFileSync(path, text(""));
  t.same(await settings.reload([]), { failed: [], restart: ["streams"] });
  t.equal(settings.optionsOf("web").stream?.limits.bytes, 1_048_576, "until then as at the start");
});

t.test("one whose auditd.conf cannot be taken over is told, and the others go on", async (t) => {
  const conf = "max_log_file = 3\nspace_left = 75\nadmin_space_left = 50\n";
  const folder = t.testdir({ "c.yaml": "", conf });
  const path = join(folder, "c.yaml");
  writeFileSync(path, text(`auditd_conf: { web: ${folder}/conf, host: ${folder}/conf }\n`));
  const settings = new WorkerSettings(path, await readSettings(path, log), undefined, log);
  const done: string[] = [];
  const instance = (name: string, reload: () => Promise<void>) =>
    ({ name, hasConf: true, reload }) as Partial<AuditdInstance> as AuditdInstance;
  const { failed } = await settings.reload([
    instance("web", () => Promise.reject(new Error("no"))),
    instance("host", async () => void done.push("host")),
  ]);
  t.same([failed, done], [["web: no"], ["host"]]);
});
