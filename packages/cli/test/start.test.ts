import t from "tap";
import { start } from "../src/start.ts";
import { fakeIo } from "./fake-io.ts";

t.test("a search that cannot be read is a problem of one line", async (t) => {
  const io = fakeIo();
  t.equal(await start(["search", "a/b"], io), 1);
  t.equal(io.stderr(), "cauditd: a/b: expected the name of an instance\n");
});

t.test("other commands go their way", async (t) => {
  t.intercept(process.stderr, "write", { value: () => true });
  t.equal(await start(["no-such-command"]), 2);
});
