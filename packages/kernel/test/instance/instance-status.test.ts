import { BACKLOG_LIMIT, BACKLOG_WAIT_TIME, InstanceStatus } from "@cauditd/kernel";
import { BACKLOG_WAIT_TIME_MAX, Errno } from "@cauditd/libaudit";
import t from "tap";
import { ROOT } from "./subject.ts";

const bodies = ({ records }: { records: readonly { body: string }[] }): string[] =>
  records.map(({ body }) => body);

t.test("an instance starts enabled, with the limits of a usual host", async (t) => {
  t.same(new InstanceStatus().get(), {
    enabled: 1,
    failure: 1,
    pid: 0,
    rate_limit: 0,
    backlog_limit: BACKLOG_LIMIT,
    lost: 0,
    backlog: 0,
    backlog_wait_time: BACKLOG_WAIT_TIME,
    backlog_wait_time_actual: 0,
  });
  t.equal(BACKLOG_LIMIT, 8192);
  t.equal(BACKLOG_WAIT_TIME, 15000);
});

t.test("AUD-96: 1 to 0 makes a record, 0 to 1 and all else while off none", async (t) => {
  const status = new InstanceStatus();
  t.same(bodies(status.set({ enabled: 0 }, ROOT)), [
    "op=set audit_enabled=0 old=1 auid=1000 ses=3 res=1",
  ]);
  t.same(bodies(status.set({ backlog_limit: 5 }, ROOT)), []);
  t.equal(status.backlog_limit, 5);
  t.same(bodies(status.set({ enabled: 1 }, ROOT)), []);
  t.equal(status.enabled, 1);
});

t.test("AUD-97: setting the value that it has makes a record as well", async (t) => {
  const status = new InstanceStatus();
  status.set({ backlog_limit: 64 }, ROOT);
  for (const old of [64, 8192]) {
    t.same(bodies(status.set({ backlog_limit: 8192 }, ROOT)), [
      `op=set audit_backlog_limit=8192 old=${old} auid=1000 ses=3 res=1`,
    ]);
  }
});

t.test("fields are set in the kernel's order, whatever the request's is", async (t) => {
  const all = { backlog_wait_time: 1, backlog_limit: 2, rate_limit: 3, failure: 2, enabled: 1 };
  t.same(bodies(new InstanceStatus().set(all, ROOT)), [
    "op=set audit_enabled=1 old=1 auid=1000 ses=3 res=1",
    "op=set audit_failure=2 old=1 auid=1000 ses=3 res=1",
    "op=set audit_rate_limit=3 old=0 auid=1000 ses=3 res=1",
    "op=set audit_backlog_limit=2 old=8192 auid=1000 ses=3 res=1",
    "op=set audit_backlog_wait_time=1 old=15000 auid=1000 ses=3 res=1",
  ]);
});

t.test("AUD-98: locked, every field gives EPERM and a record with res=0", async (t) => {
  const status = new InstanceStatus();
  t.equal(status.set({ enabled: 2 }, ROOT).errno, 0);
  const before = status.get();
  for (const [field, value] of [
    ["enabled", 1],
    ["enabled", 2],
    ["failure", 0],
    ["rate_limit", 1],
    ["backlog_limit", 1],
    ["backlog_wait_time", 1],
  ] as const) {
    const { errno, records } = status.set({ [field]: value }, ROOT);
    t.equal(errno, Errno.EPERM, field);
    t.equal(records.length, 1);
    t.match(records[0]?.body, new RegExp(`^op=set audit_${field}=${value} .*res=0$`));
  }
  t.same(status.get(), before);
});

t.test("AUD-102: a value out of its range gives EINVAL; what is before it stays", async (t) => {
  const status = new InstanceStatus();
  t.equal(status.set({ enabled: 3 }, ROOT).errno, Errno.EINVAL);
  t.equal(status.set({ failure: 3 }, ROOT).errno, Errno.EINVAL);
  const over = { rate_limit: 9, backlog_wait_time: BACKLOG_WAIT_TIME_MAX + 1 };
  const { errno, records } = status.set(over, ROOT);
  t.equal(errno, Errno.EINVAL);
  t.equal(records.length, 1);
  t.equal(status.rate_limit, 9);
  t.equal(status.backlog_wait_time, BACKLOG_WAIT_TIME);
  t.equal(status.set({ backlog_wait_time: BACKLOG_WAIT_TIME_MAX }, ROOT).errno, 0);
  for (const odd of [-1, 1.5, 2 ** 32, Number.NaN]) {
    t.equal(status.set({ backlog_limit: odd }, ROOT).errno, Errno.EINVAL, String(odd));
  }
});

t.test("AUD-103: a reset answers the old count, and makes a record even while off", async (t) => {
  const status = new InstanceStatus();
  status.lost = 12;
  t.same(status.resetLost(ROOT), {
    errno: 0,
    value: 12,
    records: [{ type: 1305, body: "op=set lost=0 old=12 auid=1000 ses=3 res=1" }],
  });
  t.equal(status.get().lost, 0);
  status.enabled = 0;
  status.backlog_wait_time_actual = 7.9;
  const { value, records } = status.resetWaitTimeActual(ROOT);
  t.equal(value, 7);
  t.equal(records[0]?.body, "op=set backlog_wait_time_actual=0 old=7 auid=1000 ses=3 res=1");
});

t.test("AUD-100: a locked instance resets counters, and its daemon comes and goes", async (t) => {
  const status = new InstanceStatus();
  status.enabled = 2;
  status.lost = 1;
  t.equal(status.resetLost(ROOT).value, 1);
  t.same(bodies(status.register(10, ROOT, true)), [
    "op=set audit_pid=10 old=0 auid=1000 ses=3 res=1",
  ]);
  t.same(bodies(status.register(0, ROOT, true)), [
    "op=set audit_pid=0 old=10 auid=1000 ses=3 res=1",
  ]);
  t.equal(status.pid, 0);
});

t.test("AUD-114, AUD-115: one daemon at a time, and only it unregisters", async (t) => {
  const status = new InstanceStatus();
  const other = { ...ROOT, pid: 11 };
  t.equal(status.register(11, ROOT, true).errno, Errno.EINVAL, "somebody else's pid");
  t.equal(status.register(10, ROOT, true).errno, 0);
  const second = status.register(11, other, true);
  t.equal(second.errno, Errno.EEXIST);
  t.same(bodies(second), ["op=set audit_pid=11 old=10 auid=1000 ses=3 res=0"]);
  const leave = status.register(0, other, true);
  t.equal(leave.errno, Errno.EACCES);
  t.same(bodies(leave), ["op=set audit_pid=0 old=10 auid=1000 ses=3 res=0"]);
  t.equal(status.pid, 10);
  const heir = status.register(11, other, false);
  t.equal(heir.errno, 0, "the first one does not answer any more");
  t.equal(status.pid, 11);
});

t.test("counters wrap at 2^32, as u32 do", async (t) => {
  const status = new InstanceStatus();
  status.lost = 2 ** 32 + 5;
  t.equal(status.get().lost, 5);
});
