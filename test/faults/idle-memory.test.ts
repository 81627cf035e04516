// A thousand idle instances in one process: what each costs. Measured in a process of its own.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import t from "tap";

const LIMIT_BYTES = 100 * 1024;
const CHILD = fileURLToPath(new URL("./idle-instances.ts", import.meta.url));

t.test("a thousand idle instances take at most 100 KB each beyond the first", async (t) => {
  const args = [...process.execArgv, "--expose-gc", CHILD, t.testdir({})];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  t.equal(status, 0, stderr);
  const bytes = Number(stdout);
  t.comment(`${bytes} bytes each`);
  t.ok(bytes > 0 && bytes <= LIMIT_BYTES, `${bytes} bytes each`);
});
