import { appendFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { logScope } from "../../src/load/load-scopes.ts";

const line = (serial: number): string =>
  `type=USER_CMD msg=audit(1700000000.00${serial}:${serial}): a=1\n`;

t.test("a log is followed behind what it has, and gaps are told", async (t) => {
  const logs = t.testdir({ web: { "audit.log": line(1) + line(2) } });
  const scope = await logScope("web", "1", logs);
  const stop = new AbortController();
  const items = scope.follow(stop.signal)[Symbol.asyncIterator]();
  appendFileSync(join(logs, "web/audit.log"), line(4));
  t.match((await items.next()).value, { gap: { first: 3, last: 3, events: 1 } });
  t.match((await items.next()).value, { event: { serial: 4 } });
  stop.abort();
  t.equal((await items.next()).done, true);
  await scope.close();
  await t.rejects(logScope("none", "2", logs), /none.*audit\.log: /);
});
