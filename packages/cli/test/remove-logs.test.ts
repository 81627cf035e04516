import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { removeLogs } from "../src/remove-logs.ts";
import { problemsOf } from "./problems.ts";

t.test("the logs of the host and the containers go, and nothing else", async (t) => {
  const log = { "audit.log": "", "audit.log.1": "" };
  const folder = t.testdir({ host: { ...log }, web: { ...log }, other: { ...log } });
  await removeLogs(folder, [{ name: "web" }, { name: "none" }]);
  const left = ["host", "web", "other"].flatMap((name) =>
    Object.keys(log).filter((file) => existsSync(join(folder, name, file))),
  );
  t.same(left, ["audit.log.1", "audit.log.1", "audit.log", "audit.log.1"]);
});

t.test("a folder that is not there holds no log", async (t) => {
  await t.resolves(removeLogs(join(t.testdir({}), "none"), [{ name: "web" }]));
});

t.test("a log that cannot be removed is named", async (t) => {
  const folder = t.testdir({ web: "a file" });
  const path = join(folder, "web/audit.log");
  t.same(await problemsOf(() => removeLogs(folder, [{ name: "web" }])), [
    `${path}: a part of the path is no folder (ENOTDIR)`,
  ]);
});
