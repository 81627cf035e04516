import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { errnoOf } from "../../src/io/policy-runner.ts";
import { diskError } from "./fault-disk.ts";

// What a runner performs is tested through the log that it works for: conduct.test.ts.
t.test("the number of an error is that of its name; EIO without one", async (t) => {
  t.equal(errnoOf(diskError("ENOSPC", "/x")), Errno.ENOSPC);
  t.equal(errnoOf(new Error("x")), Errno.EIO);
});
