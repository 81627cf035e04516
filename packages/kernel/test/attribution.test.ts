import { Attributor } from "@cauditd/kernel";
import t from "tap";
import { eachEvent, Host, line, loneEvent, taskEvent } from "./events.ts";

/** exit_group and exit by AUDIT_ARCH. */
const EXITS = [
  { name: "x86_64", arch: "c000003e", group: 231, single: 60 },
  { name: "i386", arch: "40000003", group: 252, single: 1 },
  { name: "aarch64", arch: "c00000b7", group: 94, single: 93 },
];

/** web (contid 7, pid 500), db (8, 600), and inner (9, 700), which is nested in web. */
function threeContainers(node?: string): Host {
  const host = new Host(node);
  host.register("web", 7n, 500);
  host.register("db", 8n, 600);
  host.register("inner", 9n, 700, 7n);
  return host;
}

t.test("CID-94: an event of a task in no container is the host's", async (t) => {
  const host = threeContainers();
  t.equal(host.whose({ pid: 4000, ppid: 1 }), "host by host");
  t.equal(host.whose({ pid: 4000 }), "host by host");
  t.same(host.attribute(...loneEvent("ANOM_PROMISCUOUS", "dev=veth0 prom=256 old_prom=0")), [
    "host by host",
  ]);
});

t.test("CID-26: events of a registered task and of its children are its container's", async (t) => {
  const host = threeContainers();
  t.equal(host.whose({ pid: 500, ppid: 90 }), "web by task");
  t.equal(host.whose({ pid: 501, ppid: 500 }), "web by task");
  t.equal(host.whose({ pid: 502, ppid: 501 }), "web by task");
  t.equal(host.whose({ pid: 502 }), "web by task", "a user record of a task that is known");
  t.equal(host.whose({ pid: 701, ppid: 700 }), "inner by task");
});

t.test("CID-27: exec keeps the container", async (t) => {
  const host = threeContainers();
  t.equal(host.whose({ pid: 501, ppid: 500, syscall: 59 }), "web by task");
  t.equal(host.whose({ pid: 501, ppid: 500 }), "web by task");
});

t.test("CID-43: the chain of an event that a task gave is that of its container", async (t) => {
  const attributor = new Attributor();
  attributor.register({ name: "one", contid: 1n, pid: 500 });
  attributor.register({ name: "two", contid: 2n, pid: 600, parent: 1n });
  attributor.register({ name: "four", contid: 4n, pid: 700, parent: 2n });
  eachEvent(taskEvent({ pid: 701, ppid: 700 }), (event) => {
    t.match(attributor.attribute(event), { chain: "4,^2,^1", by: "task" });
  });
  eachEvent(taskEvent({ pid: 4000, ppid: 1 }), (event) => {
    t.match(attributor.attribute(event), { chain: "", by: "host", container: undefined });
  });
});

for (const { name, arch, group, single } of EXITS) {
  t.test(`exit_group of ${name} frees a pid for the host and other containers`, async (t) => {
    const host = threeContainers();
    host.whose({ pid: 501, ppid: 500, arch });
    t.equal(host.whose({ pid: 501, ppid: 500, arch, syscall: group, at: 10 }), "web by task");
    t.equal(host.whose({ pid: 501, ppid: 500, arch, at: 20 }), "web by task", "another thread");
    t.equal(host.whose({ pid: 501, ppid: 600, arch, at: 30 }), "db by task");
    host.whose({ pid: 501, ppid: 600, arch, syscall: group, at: 40 });
    t.equal(host.whose({ pid: 501, at: 5000 }), "host by host");
  });

  t.test(`exit of ${name} ends one thread, not the process`, async (t) => {
    const host = threeContainers();
    host.whose({ pid: 500, ppid: 90, arch });
    t.equal(host.whose({ pid: 500, ppid: 90, arch, syscall: single, at: 10 }), "web by task");
    t.equal(host.whose({ pid: 500, ppid: 90, arch, at: 5000 }), "web by task", "one goes on");
    t.equal(host.whose({ pid: 500, ppid: 1, arch, at: 9000 }), "host by host", "it was the last");
  });
}

t.test("a number that is exit_group on another architecture is no exit", async (t) => {
  const host = threeContainers();
  for (const syscall of [252, 94]) {
    host.whose({ pid: 501, ppid: 500, syscall });
    t.equal(host.whose({ pid: 501, at: 5000 }), "web by task", `x86_64 ${syscall}`);
  }
  host.whose({ pid: 501, ppid: 500, syscall: 231, arch: "deadbeef" });
  t.equal(host.whose({ pid: 501, at: 5000 }), "web by task", "unknown architecture");
});

t.test("a task that was killed (ANOM_ABEND) has exited", async (t) => {
  const host = threeContainers();
  host.whose({ pid: 501, ppid: 500 });
  const abend = 'auid=1000 uid=0 gid=0 ses=1 pid=501 comm="sh" exe="/bin/sh" sig=11 res=1';
  t.same(host.attribute(...loneEvent("ANOM_ABEND", abend, { at: 10 })), ["web by task"]);
  t.equal(host.whose({ pid: 501, ppid: 500, at: 20 }), "web by task", "a thread's last records");
  t.equal(host.whose({ pid: 501, at: 5000 }), "host by host");
});

t.test("a registered task whose exit was not seen keeps its pid", async (t) => {
  const host = threeContainers();
  t.equal(host.whose({ pid: 500, ppid: 90 }), "web by task");
  t.equal(host.whose({ pid: 500, ppid: 1, at: 5000 }), "web by task", "its shim has died");
});

t.test("after the end of a registration, events of its tasks are the host's", async (t) => {
  const host = threeContainers();
  host.whose({ pid: 601, ppid: 600 });
  const ended = host.attributor.end(8n);
  t.match(ended, { name: "db", live: false });
  t.equal(host.whose({ pid: 601, ppid: 600 }), "host by host");
  t.equal(host.whose({ pid: 600, ppid: 90 }), "host by host");
  t.throws(() => host.attributor.end(8n), { code: "ENOENT" });
});

t.test(
  "CID-36: a contid that is registered again does not get its predecessor's tasks",
  async (t) => {
    const host = threeContainers();
    host.whose({ pid: 601, ppid: 600 });
    host.attributor.end(8n);
    host.register("db", 8n, 900);
    t.equal(host.whose({ pid: 601, ppid: 600 }), "host by host");
    t.equal(host.whose({ pid: 901, ppid: 900 }), "db by task");
  },
);

t.test("a registration that is refused changes nothing", async (t) => {
  const host = threeContainers();
  t.throws(() => host.register("other", 8n, 500), { code: "EEXIST" });
  t.equal(host.whose({ pid: 500, ppid: 90 }), "web by task");
});

t.test("records of other nodes with the same pid are not given away by task", async (t) => {
  const host = threeContainers("alpha");
  t.equal(host.whose({ pid: 500, ppid: 90, node: "alpha" }), "web by task");
  t.equal(host.whose({ pid: 500, ppid: 90, node: "beta" }), "host by host");
  t.equal(host.whose({ pid: 500, ppid: 90 }), "host by host", "no node name");
  host.whose({ pid: 500, ppid: 90, node: "beta", syscall: 231 });
  t.equal(host.whose({ pid: 500, ppid: 1, node: "alpha", at: 9 }), "web by task", "nor exits");
});

t.test("without a node name, the first event says which node this is", async (t) => {
  const named = threeContainers();
  t.equal(named.whose({ pid: 4000, ppid: 1, node: "beta" }), "host by host");
  t.equal(named.whose({ pid: 500, ppid: 90, node: "beta" }), "web by task");
  t.equal(named.whose({ pid: 500, ppid: 90 }), "host by host");
  const bare = threeContainers();
  t.equal(bare.whose({ pid: 500, ppid: 90 }), "web by task");
  t.equal(bare.whose({ pid: 500, ppid: 90, node: "beta" }), "host by host");
});

t.test("CID-42: a CONTAINER_ID record says whose event it is, before any task", async (t) => {
  const host = threeContainers();
  const event = (list: string, pid: number): string[] => {
    const [call, title] = taskEvent({ pid, ppid: 1, serial: 9_000_000 + pid });
    const stamp = { serial: 9_000_000 + pid };
    return [
      line("CONTAINER_ID", `record=1 contid=${list}`, stamp),
      call as string,
      title as string,
    ];
  };
  t.same(host.attribute(...event("8", 4000)), ["db by contid"]);
  t.same(host.attribute(...event("8", 500)), ["db by contid"]);
  t.same(host.attribute(...event("9,^7", 4001)), ["inner by contid"]);
  t.same(host.attribute(...event("5,^9,^7", 4002)), ["inner by contid"], "5 is not registered");
  t.same(host.attribute(...event("5,^6", 4003)), ["host by contid"], "none is registered");
  t.same(host.attribute(...event("-1", 4004)), ["host by host"]);
  t.same(host.attribute(...event("junk", 501)), ["host by host"]);
  t.same(host.attribute(...event("9^7", 500)), ["web by task"], "not the syntax of v11");
});

t.test("CID-63: a user record is whose its CONTAINER_ID record says", async (t) => {
  const host = threeContainers();
  const stamp = { serial: 9_100_000 };
  const user = line("USER_CMD", "pid=4000 uid=0 auid=0 ses=1 msg='cmd=6964'", stamp);
  t.same(host.attribute(user, line("CONTAINER_ID", "record=1 contid=8", stamp)), ["db by contid"]);
});

t.test("CID-118: a list of several chains is of the first registered member", async (t) => {
  const attributor = new Attributor();
  attributor.register({ name: "three", contid: 3n, pid: 500 });
  const stamp = { serial: 9_200_000 };
  const lines = [
    line("CONTAINER_ID", "record=1 contid=7,666,^3", stamp),
    line("NETFILTER_PKT", "mark=0x1 saddr=127.0.0.1 daddr=127.0.0.1 proto=1 record=1", stamp),
  ];
  let events = 0;
  eachEvent(lines, (event) => {
    events++;
    const { container, chain, by } = attributor.attribute(event);
    t.same([container?.name, chain, by], ["three", "7,666,^3", "contid"]);
  });
  t.equal(events, 1);
});

t.test("what a program writes into a user record names no container", async (t) => {
  const host = threeContainers();
  const forged = "pid=4000 uid=0 auid=0 ses=1 msg='pid=500 contid=7 ppid=500'";
  t.same(host.attribute(line("USER_CMD", forged)), ["host by host"]);
});

t.test("CID-3: the contid of CONTAINER_OP is the object's, not the subject's", async (t) => {
  const host = threeContainers();
  const stamp = { serial: 9_300_000 };
  const set = line("CONTAINER_OP", "op=set opid=4001 contid=8 old-contid=-1", stamp);
  const event = taskEvent({ pid: 4000, ppid: 1, syscall: 1, ...stamp });
  t.same(host.attribute(set, ...event), ["host by host"]);
});

t.test("records that come late follow the rest of their event", async (t) => {
  const host = threeContainers();
  const stamp = { serial: 9_400_000 };
  const other = taskEvent({ pid: 4000, ppid: 1 });
  host.attribute(...taskEvent({ pid: 501, ppid: 500, ...stamp }), ...other);
  t.same(host.attribute(...loneEvent("PATH", 'item=0 name="/"', stamp)), ["web by late"]);
  t.same(host.attribute(...loneEvent("CWD", 'cwd="/"', stamp)), ["web by late"], "and again");
});

t.test("late records are the host's when the rest was, or has been forgotten", async (t) => {
  const host = threeContainers();
  const other = (): string[] => taskEvent({ pid: 4000, ppid: 1 });
  const late = (serial: number): string[] => loneEvent("PATH", 'item=0 name="/"', { serial });
  host.attribute(...taskEvent({ pid: 4000, ppid: 1, serial: 9_500_000 }), ...other());
  t.same(host.attribute(...late(9_500_000)), ["host by host"]);
  host.attribute(...taskEvent({ pid: 501, ppid: 500, serial: 9_500_001 }), ...other());
  host.attribute(...taskEvent({ pid: 601, ppid: 600, serial: 9_500_001 + 4096 }), ...other());
  t.same(host.attribute(...late(9_500_001)), ["host by host"]);
});

t.test("late records of a container that has ended meanwhile are the host's", async (t) => {
  const host = threeContainers();
  const stamp = { serial: 9_600_000 };
  const other = taskEvent({ pid: 4000, ppid: 1 });
  const seen = host.attribute(...taskEvent({ pid: 601, ppid: 600, ...stamp }), ...other);
  t.same(seen, ["db by task", "host by host"]);
  host.attributor.end(8n);
  t.same(host.attribute(...loneEvent("PATH", 'item=0 name="/"', stamp)), ["host by host"]);
});

t.test("late records that name a task are that task's", async (t) => {
  const host = threeContainers();
  const stamp = { serial: 9_700_000 };
  host.attribute(
    ...taskEvent({ pid: 501, ppid: 500, ...stamp }),
    ...taskEvent({ pid: 4000, ppid: 1 }),
  );
  t.equal(host.whose({ pid: 601, ppid: 600, ...stamp }), "db by task");
  t.equal(host.whose({ pid: 4000, ppid: 1, ...stamp }), "host by host");
});

t.test("CID-28: a task that enters a container is in it, and so are its children", async (t) => {
  const attributor = new Attributor();
  const web = attributor.register({ name: "web", contid: 7n, pid: 500 });
  t.equal(attributor.containerOf(500), web);
  t.equal(attributor.containerOf(600), undefined);
  attributor.adopt(web, 600);
  t.equal(attributor.containerOf(600), web);
  t.equal(attributor.containerOf(0), undefined);
  t.equal(attributor.containerOf(5_000_000), undefined);
  attributor.end(7n);
  t.equal(attributor.containerOf(600), undefined);
});
