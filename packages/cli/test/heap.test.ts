import { spawnSync } from "node:child_process";
import t from "tap";

/** The exit code of a process that is started with a flag of V8. */
function started(flag: string): number | null {
  return spawnSync(process.execPath, [flag, "-e", "0"], { stdio: "ignore" }).status;
}

t.test("V8 is told a flag that it knows", async (t) => {
  const flags: string[] = [];
  const { letHeapGrow } = await t.mockImport<typeof import("../src/heap.ts")>("../src/heap.ts", {
    "node:v8": { setFlagsFromString: (flag: string) => flags.push(flag) },
  });
  letHeapGrow();
  t.equal(flags.length, 1);
  for (const flag of flags) t.equal(started(flag), 0, flag);
  t.not(started("--heap-growing-cents=400"), 0, "one that it does not know ends the process");
});
