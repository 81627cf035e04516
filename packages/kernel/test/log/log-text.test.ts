import t from "tap";
import { ALERTS, OPEN_TEXTS, SUSPENDED } from "../../src/log/log-text.ts";

t.test("the two mails say how urgent it is", async (t) => {
  t.match(ALERTS.low.mail, "is low on disk space for logging! Please take action\nto ensure");
  t.match(ALERTS["very-low"].mail, "very low on disk space for logging! Immediate action\nis");
});

t.test("every text is one line", async (t) => {
  for (const text of Object.values(SUSPENDED)) t.notMatch(text, "\n");
  for (const effect of Object.values(OPEN_TEXTS)) t.equal(effect.kind, "syslog");
});
