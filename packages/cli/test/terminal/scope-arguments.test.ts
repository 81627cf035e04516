import t from "tap";
import { splitScopeArguments } from "../../src/terminal/scope-arguments.ts";

t.test("cauditd's own arguments are taken out", async (t) => {
  t.strictSame(splitScopeArguments(["web", "-k", "x", "--logs", "d", "--no-index", "--raw"]), {
    instance: "web",
    logs: "d",
    config: undefined,
    index: false,
    rest: ["-k", "x", "--raw"],
  });
  t.strictSame(splitScopeArguments(["-if", "f", "--config", "c"]), {
    instance: undefined,
    logs: undefined,
    config: "c",
    index: true,
    rest: ["-if", "f"],
  });
});

t.test("an instance is no path, and an option needs its value", async (t) => {
  for (const name of ["..", "a/b", "", "."]) {
    t.throws(() => splitScopeArguments([name]), /expected the name of an instance/);
  }
  t.throws(() => splitScopeArguments(["web", "--logs"]), /--logs: expected a path behind it/);
});
