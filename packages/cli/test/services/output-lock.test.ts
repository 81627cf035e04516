import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { lockOutput } from "../../src/services/output-lock.ts";

t.test("a file has one writer, by whichever name, until that lets go of it", async (t) => {
  const folder = t.testdir({});
  const path = join(folder, "web.log");
  const first = await lockOutput(path);
  const busy = { code: "EBUSY", message: new RegExp(`in use by process ${process.pid}$`) };
  await t.rejects(lockOutput(path), busy);
  writeFileSync(path, "");
  symlinkSync("web.log", join(folder, "other"));
  await t.rejects(lockOutput(join(folder, "other")), busy);
  const second = await lockOutput(join(folder, "db.log"));
  await first.release();
  await (await lockOutput(path)).release();
  await second.release();
});

t.test("a folder that is not there is told", async (t) => {
  await t.rejects(lockOutput(join(t.testdir({}), "none", "web.log")), { code: "ENOENT" });
});
