import { DEFAULT_LOG_SETTINGS } from "@cauditd/auditd";
import { LogPolicy } from "@cauditd/kernel";
import { AUDITD_CONF_DEFAULTS } from "@cauditd/libaudit";
import t from "tap";
import { mostRotated, settingsFor, settingsOf } from "../../src/io/log-settings.ts";

t.test("AUD-130: num_logs counts the current file, and 0 and 1 allow no other", async (t) => {
  const most = (numLogs: number): number =>
    mostRotated({ ...DEFAULT_LOG_SETTINGS, sizeAction: "ROTATE", numLogs });
  t.same([0, 1, 2, 5].map(most), [0, 0, 1, 4]);
});

t.test("AUD-132: KEEP_LOGS has no bound, whatever num_logs says", async (t) => {
  const settings = { ...DEFAULT_LOG_SETTINGS, sizeAction: "KEEP_LOGS" as const, numLogs: 2 };
  t.equal(mostRotated(settings), Number.POSITIVE_INFINITY);
});

t.test("an auditd.conf decides before settings, and settings before the default", async (t) => {
  const settings = { ...DEFAULT_LOG_SETTINGS, numLogs: 7 };
  const conduct = { policy: new LogPolicy(AUDITD_CONF_DEFAULTS) };
  t.equal(settingsFor({}), DEFAULT_LOG_SETTINGS);
  t.equal(settingsFor({ settings }), settings);
  t.same(settingsFor({ conduct, settings }), settingsOf(AUDITD_CONF_DEFAULTS));
});
