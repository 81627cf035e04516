import { join } from "node:path";
import { AuditdInstance, InstanceLog } from "@cauditd/auditd";
import t from "tap";
import { signalInstance } from "../../src/node/instance-signal.ts";
import { fakeIo } from "../fake-io.ts";

t.test("a signal does what auditd does, and one that it does not know is refused", async (t) => {
  const { log: told } = fakeIo();
  const log = await InstanceLog.open(join(t.testdir(), "audit.log"), { log: told });
  const instance = new AuditdInstance({ name: "web", scope: "4", log, told });
  t.teardown(() => instance.stop());
  const reloaded: string[] = [];
  await signalInstance(instance, "HUP", async ({ name }) => void reloaded.push(name));
  t.same(reloaded, ["web"]);
  await t.rejects(signalInstance(instance, "HUP"), { code: "EOPNOTSUPP" });
  await t.rejects(signalInstance(instance, "USR1"), {
    code: "EINVAL",
    message: /signal USR1 to web: rotation needs an auditd\.conf with .*num_logs from 2/,
  });
  await signalInstance(instance, "USR2");
  await t.rejects(signalInstance(instance, "TERM"), { code: "EOPNOTSUPP" });
});
