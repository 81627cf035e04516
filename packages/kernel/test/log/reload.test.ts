import type { AuditdConf } from "@cauditd/libaudit";
import t from "tap";
import { changesOf } from "../../src/log/reload.ts";
import { CONF } from "./policies.ts";

const NONE = { size: false, reopen: false, space: false };

t.test("what changes says which part of a log's life it touches", async (t) => {
  t.same(changesOf(CONF, { ...CONF, freq: 9, num_logs: 2, log_format: "ENRICHED" }), NONE);
  const cases: readonly [Partial<AuditdConf>, Partial<typeof NONE>][] = [
    [{ max_log_file: 9 }, { size: true }],
    [{ max_log_file_action: "SYSLOG" }, { size: true }],
    [{ flush: "NONE" }, { reopen: true }],
    [{ log_group: 4 }, { reopen: true }],
    [{ write_logs: false }, { reopen: true }],
    [{ space_left: { value: 75, unit: "%" } }, { space: true }],
    [{ admin_space_left: { value: 51, unit: "MB" } }, { space: true }],
    [{ space_left_action: { action: "EXEC", exe: "/a" } }, { space: true }],
    [{ admin_space_left_action: { action: "HALT" } }, { space: true }],
    [{ disk_full_action: { action: "HALT" } }, { space: true }],
  ];
  for (const [change, touched] of cases) {
    t.same(changesOf(CONF, { ...CONF, ...change }), { ...NONE, ...touched });
  }
});

t.test("another program of EXEC is a change", async (t) => {
  const exec = (exe: string) => ({ ...CONF, space_left_action: { action: "EXEC", exe } }) as const;
  t.equal(changesOf(exec("/a"), exec("/b")).space, true);
  t.equal(changesOf(exec("/a"), exec("/a")).space, false);
});
