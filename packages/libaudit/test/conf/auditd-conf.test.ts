import { AUDITD_CONF_DEFAULTS, type AuditdConf } from "@cauditd/libaudit";
import t from "tap";
import { MARKS, read } from "../conf-machine.ts";

/** Golden: table of the specification, "default" column. */
const DEFAULTS: AuditdConf = {
  local_events: true,
  log_format: "ENRICHED",
  write_logs: true,
  log_file: "/var/log/audit/audit.log",
  log_group: 0,
  flush: "NONE",
  freq: 0,
  num_logs: 0,
  name_format: "NONE",
  name: undefined,
  max_log_file: 0,
  max_log_file_action: "IGNORE",
  space_left: { value: 0, unit: "MB" },
  space_left_action: { action: "IGNORE" },
  admin_space_left: { value: 0, unit: "MB" },
  admin_space_left_action: { action: "IGNORE" },
  disk_full_action: { action: "IGNORE" },
  disk_error_action: { action: "SYSLOG" },
  verify_email: true,
  action_mail_acct: "root",
  priority_boost: 4,
  tcp_listen_port: undefined,
  tcp_listen_queue: 5,
  tcp_max_per_addr: 1,
  use_libwrap: true,
  tcp_client_ports: { min: 0, max: 65535 },
  tcp_client_max_idle: 0,
  transport: "TCP",
  krb5_principal: undefined,
  krb5_key_file: undefined,
  distribute_network: false,
  q_depth: 2000,
  overflow_action: "SYSLOG",
  max_restarts: 10,
  plugin_dir: "/etc/audit/plugins.d",
  end_of_event_timeout: 2,
};

t.test("a file of zero bytes gives auditd's defaults", async (t) => {
  t.same(read(""), { conf: DEFAULTS, complaints: [] });
  t.same(AUDITD_CONF_DEFAULTS, DEFAULTS);
});

t.test("a key that is not in the file has its default", async (t) => {
  const marks = {
    space_left: { value: 75, unit: "MB" },
    admin_space_left: { value: 50, unit: "MB" },
  };
  t.same(read(MARKS), { conf: { ...DEFAULTS, ...marks }, complaints: [] });
});
