import { join } from "node:path";
import t from "tap";
import { identityOf, instanceLog, logsFrom, rotatedLogs } from "../../src/search/log-set.ts";

t.test("rotated logs come before the current one, up to the first gap", async (t) => {
  const dir = t.testdir({ a: "", "a.1": "", "a.2.gz": "", "a.4": "" });
  const log = join(dir, "a");
  t.strictSame(rotatedLogs(log), [`${log}.2.gz`, `${log}.1`, log]);
  t.strictSame(rotatedLogs(join(dir, "none")), [join(dir, "none")]);
  t.equal(instanceLog("logs", "web"), "logs/web/audit.log");
});

t.test("a checkpoint names its file by device and inode", async (t) => {
  const dir = t.testdir({ a: "", "a.1": "" });
  const paths = rotatedLogs(join(dir, "a"));
  const last = identityOf(join(dir, "a"));
  if (last === undefined) throw new Error("the file is there");
  t.strictSame(logsFrom(paths, last), [join(dir, "a")]);
  t.equal(logsFrom(paths, { device: 0, inode: 0 }), undefined);
  t.equal(identityOf(join(dir, "none")), undefined);
});
