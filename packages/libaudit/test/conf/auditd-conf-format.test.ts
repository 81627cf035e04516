import { isDeepStrictEqual } from "node:util";
import { formatAuditdConf } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { AUDITD_CONF_KEYS } from "../../src/conf/auditd-conf-key.ts";
import { confOf, MARKS, read } from "../conf-machine.ts";

t.test("a configuration is printed key by key, with auditd's words", async (t) => {
  const conf = confOf("space_left = 25%\ndisk_full_action = exec /bin/true\nfreq = 5\nname = a");
  if (conf === undefined) throw new Error("not taken");
  const printed = formatAuditdConf(conf);
  for (const line of [
    "local_events = yes",
    "space_left = 25%",
    "disk_full_action = EXEC /bin/true",
    "freq = 5",
    "name = a",
    "tcp_client_ports = 0-65535",
  ]) {
    t.match(printed, `${line}\n`);
  }
  t.notMatch(printed, "krb5_principal");
});

t.test("what was taken unchecked or turned on later is printed so that it is again", async (t) => {
  for (const text of [
    "verify_email = no\naction_mail_acct = a\nverify_email = yes",
    "log_format = NOLOG\nwrite_logs = yes",
  ]) {
    const conf = confOf(text);
    if (conf === undefined) throw new Error("not taken");
    t.same(read(formatAuditdConf(conf)).conf, conf);
  }
});

t.test("what is printed reads as the same configuration", async (t) => {
  const value = fc.constantFrom(
    ...["yes", "no", "RAW", "NOLOG", "NONE", "DATA", "USER", "KEEP_LOGS", "ROTATE", "EMAIL"],
    ...["EXEC /bin/true", "HALT", "5%", "007", "1-2", "adm", "99", "60", "/var/log/audit/x"],
  );
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...AUDITD_CONF_KEYS), value), { maxLength: 5 }),
      (rows) => {
        const { conf } = read(MARKS + rows.map(([key, text]) => `${key} = ${text}\n`).join(""));
        if (conf === undefined) return true;
        taken += 1;
        return isDeepStrictEqual(read(formatAuditdConf(conf)).conf, conf);
      },
    ),
    { numRuns: 3000, seed: 1 },
  );
  t.ok(taken > 300, `${taken} files were taken`);
});
