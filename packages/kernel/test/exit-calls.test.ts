import { Arch } from "@cauditd/libaudit";
import t from "tap";
import { isExit, isExitGroup } from "../src/exit-calls.ts";

t.test("exit_group and exit are known for each architecture", (t) => {
  t.ok(isExitGroup(Arch.X86_64, 231));
  t.ok(isExitGroup(Arch.I386, 252));
  t.ok(isExitGroup(Arch.AARCH64, 94));
  t.ok(isExit(Arch.X86_64, 60));
  t.ok(isExit(Arch.I386, 1));
  t.notOk(isExitGroup(Arch.I386, 231));
  t.notOk(isExit(0x1234, 60));
  t.notOk(isExitGroup(0x1234, -1));
  t.end();
});
