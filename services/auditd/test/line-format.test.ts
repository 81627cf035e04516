import { NO_NAMES } from "@cauditd/auparse";
import { AUDITD_CONF_DEFAULTS, type AuditdConf } from "@cauditd/libaudit";
import t from "tap";
import { hostNames, LineFormat } from "../src/line-format.ts";

const HOSTS = { hostname: "vm", canonical: "vm.example.org", address: "10.0.0.1" };
const LINE = Buffer.from("type=PATH msg=audit(1.000:1): ouid=0\n");
const RAW: AuditdConf = { ...AUDITD_CONF_DEFAULTS, log_format: "RAW" };

t.test("RAW without a node leaves the lines alone", async (t) => {
  t.equal((await LineFormat.of(RAW, NO_NAMES, HOSTS)).add(LINE), LINE);
});

t.test("a new configuration holds for the next lines, a bad one changes nothing", async (t) => {
  const format = await LineFormat.of(RAW, NO_NAMES, HOSTS);
  format.reload({ ...RAW, log_format: "ENRICHED", name_format: "FQD" });
  const text = 'node=vm.example.org type=PATH msg=audit(1.000:1): ouid=0\x1dOUID="root"\n';
  t.equal(format.add(LINE).toString("latin1"), text);
  const nameless: AuditdConf = { ...RAW, name_format: "USER" };
  t.throws(() => format.reload(nameless), { code: "EINVAL" });
  t.equal(format.add(LINE).toString("latin1"), text);
  await t.rejects(LineFormat.of(nameless, NO_NAMES, HOSTS), { code: "EINVAL" });
});

t.test("this machine has a name", async (t) => {
  t.not((await hostNames()).hostname, "");
});
