import { join } from "node:path";
import t from "tap";
import { searchedLogs } from "../../src/search/searched-logs.ts";
import { splitScopeArguments } from "../../src/terminal/scope-arguments.ts";

async function found(argv: readonly string[], input?: string, inputLogs = false) {
  let err = "";
  const scope = splitScopeArguments(argv);
  const searched = await searchedLogs(scope, { input, inputLogs }, (text) => {
    err += text;
  });
  return { ...searched, err };
}

t.test("a file, a folder, an instance or stdin", async (t) => {
  const dir = t.testdir({ web: { "audit.log": "", "audit.log.1": "" }, "a.log": "" });
  const file = join(dir, "a.log");
  t.strictSame(await found([], file), { logs: [file], set: false, err: "" });
  const log = join(dir, "web/audit.log");
  const both = [`${log}.1`, log];
  const note = `NOTE - using logs in ${log}\n`;
  t.strictSame(await found([], join(dir, "web")), { logs: both, set: true, err: note });
  t.strictSame(await found([], `${join(dir, "web")}/`), { logs: both, set: true, err: note });
  t.strictSame(await found(["web", "--logs", dir]), { logs: both, set: true, err: "" });
  t.strictSame(await found([]), { logs: ["-"], set: false, err: "" });
  const host = { logs: [join(dir, "host/audit.log")], set: true, err: "" };
  t.strictSame(await found(["--logs", dir], undefined, true), host, "--input-logs");
  t.strictSame(await found([], join(dir, "none")), {
    err: "stat: No such file or directory\n",
  });
});
