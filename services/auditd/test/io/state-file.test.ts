import { readFileSync } from "node:fs";
import { LogPolicy } from "@cauditd/kernel";
import { AUDITD_CONF_DEFAULTS } from "@cauditd/libaudit";
import t from "tap";
import { writeStateFile } from "../../src/io/state-file.ts";
import { FaultDisk } from "./fault-disk.ts";

const GOLDEN = new URL("../../../../test/golden/auditd/w_RAW_NONE/state.txt", import.meta.url);

t.test("AUD-3.6: the state file has auditd's lines, and is rewritten each time", async (t) => {
  const disk = new FaultDisk();
  await disk.makeFolder("/web");
  disk.space = async () => ({ free: 77339 * 1_048_576, total: 1e12, block: 4096 });
  const policy = new LogPolicy({
    ...AUDITD_CONF_DEFAULTS,
    space_left: { value: 75, unit: "MB" },
    admin_space_left: { value: 50, unit: "MB" },
  });
  policy.opened("reopen", 900);
  await disk.open("/web/auditd.state", "update").then((file) => {
    return file.writeAt(Buffer.alloc(5000, 0x78), 0);
  });
  const path = await writeStateFile("/web/audit.log", policy.state, "1", "11/23/26 18:47:28", disk);
  t.equal(path, "/web/auditd.state");
  const names = (text: string): string[] =>
    text.split("\n").map((line) => line.split("=")[0] ?? "");
  const golden = names(readFileSync(GOLDEN, "latin1"));
  t.same(names(disk.text(path) ?? ""), golden);
  t.match(disk.text(path), "current time = 11/23/26 18:47:28\n");
});
