import { join } from "node:path";
import t from "tap";
import { splitScopeArguments } from "../src/scope-arguments.ts";
import { searchedLogs } from "../src/searched-logs.ts";

async function found(argv: readonly string[], input?: string) {
  let err = "";
  const logs = await searchedLogs(splitScopeArguments(argv), input, (text) => {
    err += text;
  });
  return { logs, err };
}

t.test("a file, a folder, an instance or stdin", async (t) => {
  const dir = t.testdir({ web: { "audit.log": "", "audit.log.1": "" }, "a.log": "" });
  const file = join(dir, "a.log");
  t.strictSame(await found([], file), { logs: [file], err: "" });
  const log = join(dir, "web/audit.log");
  const note = `NOTE - using logs in ${log}\n`;
  t.strictSame(await found([], join(dir, "web")), { logs: [`${log}.1`, log], err: note });
  t.strictSame(await found([], `${join(dir, "web")}/`), { logs: [`${log}.1`, log], err: note });
  t.strictSame(await found(["web", "--logs", dir]), { logs: [`${log}.1`, log], err: "" });
  t.strictSame(await found([]), { logs: ["-"], err: "" });
  t.strictSame(await found([], join(dir, "none")), {
    logs: undefined,
    err: "stat: No such file or directory\n",
  });
});
