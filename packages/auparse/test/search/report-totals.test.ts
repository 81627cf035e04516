import t from "tap";
import { EventFacts } from "../../src/search/facts.ts";
import { hasTypeIn, Totals } from "../../src/search/report-totals.ts";
import { line } from "../records.ts";
import { eventOf } from "./search-events.ts";

t.test("the summary counts events, logins and different values", async (t) => {
  const totals = new Totals();
  const facts = new EventFacts();
  facts.success = 1;
  facts.pid = 7;
  facts.exe = "/x";
  const login = eventOf(line({ type: "USER_LOGIN" }));
  totals.add(login, facts);
  totals.add(login, facts);
  facts.success = 0;
  facts.pid = 8;
  totals.add(eventOf(line({ type: "USER_AUTH" })), facts);
  const text = totals.text(0, 0, String);
  t.match(text, /^Range of time in logs: 0\.000 - 0\.000\n/);
  for (const part of ["logins: 2", "failed logins: 0", "failed authentications: 1"]) {
    t.match(text, `Number of ${part}\n`);
  }
  for (const part of ["executables: 1", "process IDs: 2", "events: 3"]) t.match(text, part);
  t.ok(hasTypeIn(login, [[1112, 1112]]));
  t.notOk(hasTypeIn(login, [[1113, 1200]]));
});
