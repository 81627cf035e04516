import { existsSync } from "node:fs";
import { join } from "node:path";
import { setAside } from "@cauditd/auditd";
import t from "tap";

t.test("CID-104: a folder is set aside under the next number that is free", async (t) => {
  const folder = t.testdir({ web: { "audit.log": "b" }, "web~1": { "audit.log": "a" } });
  await setAside(folder, "web");
  t.ok(existsSync(join(folder, "web~2/audit.log")));
  t.notOk(existsSync(join(folder, "web")));
  await setAside(folder, "web");
  t.notOk(existsSync(join(folder, "web~3")), "one that is not there is none");
});
