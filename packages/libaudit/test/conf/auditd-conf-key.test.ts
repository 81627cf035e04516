import t from "tap";
import { AUDITD_CONF_KEYS, auditdConfKey } from "../../src/conf/auditd-conf-key.ts";
import { complaints, confOf, MARKS, read } from "../conf-machine.ts";

t.test("there are auditd 3.0.9's 39 keys, in any letter case", async (t) => {
  t.equal(AUDITD_CONF_KEYS.length, 39);
  t.equal(auditdConfKey("FREQ"), auditdConfKey("freq"));
  for (const name of ["constructor", "", "report_interval", "tls_auth"]) {
    t.equal(auditdConfKey(name), undefined, name);
  }
});

t.test("every keyword value of every key is taken in any letter case", async (t) => {
  const failure = ["IGNORE", "SYSLOG", "ROTATE", "EMAIL", "SUSPEND", "SINGLE", "HALT"];
  const without = (...names: string[]) => failure.filter((name) => !names.includes(name));
  for (const [key, values] of Object.entries({
    log_format: ["RAW", "ENRICHED", "NOLOG"],
    flush: ["NONE", "DATA", "SYNC"],
    name_format: ["NONE", "HOSTNAME", "FQD", "NUMERIC", "USER"],
    max_log_file_action: ["IGNORE", "SYSLOG", "SUSPEND", "ROTATE", "KEEP_LOGS"],
    transport: ["TCP", "KRB5"],
    overflow_action: ["IGNORE", "SYSLOG", "SUSPEND", "SINGLE", "HALT"],
  } as const)) {
    for (const value of values) {
      t.equal(confOf(`${key} = ${value.toLowerCase()}`)?.[key as "flush"], value);
    }
  }
  for (const [key, values] of [
    ["space_left_action", failure],
    ["admin_space_left_action", failure],
    ["disk_full_action", without("EMAIL")],
    ["disk_error_action", without("EMAIL", "ROTATE")],
  ] as const) {
    for (const value of values) {
      t.same(confOf(`${key} = ${value.toLowerCase()}`)?.[key], { action: value });
    }
    t.same(confOf(`${key} = Exec /bin/true`)?.[key], { action: "EXEC", exe: "/bin/true" });
  }
  for (const key of [
    "local_events",
    "write_logs",
    "verify_email",
    "use_libwrap",
    "distribute_network",
  ] as const) {
    t.equal(confOf(`${key} = Yes`)?.[key], true);
    t.equal(confOf(`${key} = NO`)?.[key], false);
  }
});

t.test("every number has its bounds", async (t) => {
  for (const [key, min, max] of [
    ["freq", 0, 2147483647],
    ["num_logs", 0, 999],
    ["max_log_file", 0, 9007199254740991],
    ["priority_boost", 0, 2147483647],
    ["tcp_listen_port", 1, 65535],
    ["tcp_listen_queue", 1, 65535],
    ["tcp_max_per_addr", 1, 1024],
    ["tcp_client_max_idle", 0, 2147483647],
    ["q_depth", 0, 99999],
    ["max_restarts", 0, 2147483647],
    ["end_of_event_timeout", 0, 9007199254740991],
  ] as const) {
    t.equal(confOf(`${key} = ${min}`)?.[key], min, key);
    t.equal(confOf(`${key} = ${max}`)?.[key], max, key);
    if (min > 0) t.equal(confOf(`${key} = ${min - 1}`), undefined, key);
    if (max < Number.MAX_SAFE_INTEGER) t.equal(confOf(`${key} = ${max + 1}`), undefined, key);
    t.same(complaints(`${key} = x\n`), ["Value x should only be numbers - line 1"]);
  }
});

t.test("AUD-127: 999 logs are the most", async (t) => {
  t.equal(confOf("num_logs = 999")?.num_logs, 999);
  t.same(complaints("num_logs = 1000\n"), ["num_logs must be 999 or less"]);
});

t.test("marks for space are MB or percent", async (t) => {
  for (const [text, value, unit] of [
    ["100", 100, "MB"],
    ["25%", 25, "%"],
    ["99%", 99, "%"],
    ["%5", 5, "%"],
    ["5%5", 5, "%"],
    ["0%", 0, "%"],
  ] as const) {
    const { conf } = read(`space_left = ${text}\nadmin_space_left = 1%\n`);
    t.same(conf?.space_left, { value, unit }, text);
  }
  t.same(complaints("admin_space_left = 100%\n"), ["Percentages should be less than 100 - line 1"]);
  t.same(complaints("space_left = 5x\n"), [
    "Value x 5x should only be numbers or percent - line 1",
  ]);
});

t.test("log_group is a name, or digits with anything behind them", async (t) => {
  t.equal(confOf("log_group = adm")?.log_group, 4);
  t.equal(confOf("log_group = 12x")?.log_group, 12);
  t.equal(confOf("log_group = 4294967297")?.log_group, 1);
  t.same(complaints("log_group = 99999999999999999999\n"), [
    "Numeric group ID conversion error (Numerical result out of range) for " +
      "99999999999999999999 - line 1",
  ]);
});

t.test("tcp_client_ports is a port or a range", async (t) => {
  t.same(confOf("tcp_client_ports = 60")?.tcp_client_ports, { min: 60, max: 60 });
  t.same(confOf("tcp_client_ports = 1-2-3")?.tcp_client_ports, { min: 1, max: 3 });
  const form = "should only be numbers, or two numbers separated by a dash - line 1";
  for (const text of ["-5", "5-", "a"]) {
    t.same(complaints(`tcp_client_ports = ${text}\n`), [`Value ${text} ${form}`]);
  }
  t.same(complaints("tcp_client_ports = 1-65536\n"), [
    "Error - converted number (65536) is too large - line 1",
  ]);
});

t.test("NOLOG turns write_logs off, a later write_logs = yes turns it on", async (t) => {
  t.equal(confOf("log_format = NOLOG")?.write_logs, false);
  t.equal(confOf("log_format = NOLOG\nwrite_logs = yes")?.write_logs, true);
  t.equal(complaints(`${MARKS}write_logs = no\nlog_format = NOLOG\n`).length, 1);
});

t.test("enable_krb5 = yes is transport = KRB5", async (t) => {
  t.equal(confOf("enable_krb5 = yes")?.transport, "KRB5");
  t.equal(confOf("enable_krb5 = no")?.transport, "TCP");
});

t.test("texts are kept as they are", async (t) => {
  t.equal(confOf("name = a=b#c")?.name, "a=b#c");
  t.equal(confOf("krb5_principal = x")?.krb5_principal, "x");
  t.equal(confOf("krb5_key_file = /k")?.krb5_key_file, "/k");
  t.equal(confOf("plugin_dir = /p")?.plugin_dir, "/p");
});
