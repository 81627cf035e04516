import t from "tap";
import { start } from "../src/start.ts";

t.test("a search that cannot be read is a problem of one line", async (t) => {
  const written: string[] = [];
  t.intercept(process.stderr, "write", {
    value: (text: string) => {
      written.push(text);
      return true;
    },
  });
  t.equal(await start(["search", "a/b"]), 1);
  t.strictSame(written, ["cauditd: a/b: expected the name of an instance\n"]);
});

t.test("other commands go their way", async (t) => {
  t.intercept(process.stderr, "write", { value: () => true });
  t.equal(await start(["no-such-command"]), 2);
});
