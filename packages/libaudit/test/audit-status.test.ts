import { type AuditStatus, BACKLOG_WAIT_TIME_MAX, formatStatus, HZ } from "@cauditd/libaudit";
import t from "tap";

const STATUS: AuditStatus = {
  enabled: 1,
  failure: 1,
  pid: 815,
  rate_limit: 100,
  backlog_limit: 8192,
  lost: 7,
  backlog: 3,
  backlog_wait_time: 15000,
  backlog_wait_time_actual: 42,
};

const NUMBERS = `pid 815
rate_limit 100
backlog_limit 8192
lost 7
backlog 3
backlog_wait_time 15000
backlog_wait_time_actual 42
`;

t.test(
  "AUD-60: -s prints nine lines and loginuid_immutable, -e, -b, -f, -r the nine",
  async (t) => {
    const nine = `enabled 1\nfailure 1\n${NUMBERS}`;
    t.equal(formatStatus(STATUS), nine);
    const loginuidImmutable = { on: false, locked: false };
    t.equal(formatStatus(STATUS, { loginuidImmutable }), `${nine}loginuid_immutable 0 unlocked\n`);
    const locked = formatStatus(STATUS, { loginuidImmutable: { on: true, locked: true } });
    t.equal(locked, `${nine}loginuid_immutable 1 locked\n`);
  },
);

t.test("AUD-61: -s -i has words for enabled and failure", async (t) => {
  const words = [
    [0, 0, "disable", "silent"],
    [1, 1, "enabled", "printk"],
    [2, 2, "enabled+immutable", "panic"],
  ] as const;
  for (const [enabled, failure, first, second] of words) {
    t.equal(
      formatStatus({ ...STATUS, enabled, failure }, { interpret: true }),
      `enabled ${first}\nfailure ${second}\n${NUMBERS}`,
    );
  }
});

t.test("AUD-102: the longest wait is ten minutes, in jiffies of 1/250 s", async (t) => {
  t.equal(HZ, 250);
  t.equal(BACKLOG_WAIT_TIME_MAX, 150000);
});
