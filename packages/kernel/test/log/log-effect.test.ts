import { excessText } from "@cauditd/kernel";
import t from "tap";

t.test("a removed log is told by its path", async (t) => {
  t.equal(
    excessText("/l/audit.log.5"),
    "Log /l/audit.log.5 removed as it exceeds num_logs parameter",
  );
});
