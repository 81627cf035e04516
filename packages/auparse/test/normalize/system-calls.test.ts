import t from "tap";
import { callKind } from "../../src/normalize/system-calls.ts";

t.test("system calls are told by what they do", async (t) => {
  t.equal(callKind("openat2"), "open");
  t.equal(callKind("setresgid"), "identity");
  t.equal(callKind("execveat"), "execute");
  t.equal(callKind("link"), undefined, "audit has no word for a hard link");
  t.equal(callKind("constructor"), undefined);
});
