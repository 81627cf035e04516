import { EXIT_GRACE_MS, HOST, TaskLineage } from "@cauditd/kernel";
import t from "tap";

const WEB = 0;
const DB = 1;
const INNER = 2;
/** Where containers' shims are. */
const SHIM = 90;

/** 500 is web's first task, 600 db's, and 700 that of a container nested in web. */
function host(): TaskLineage {
  const lineage = new TaskLineage();
  lineage.register(500, WEB, HOST);
  lineage.register(600, DB, HOST);
  lineage.register(700, INNER, WEB);
  return lineage;
}

t.test("a task that nothing was heard of is the host's", async (t) => {
  const lineage = host();
  t.equal(lineage.slotOf(4000, 1, 0), HOST);
  t.equal(lineage.slotOf(4000, -1, 0), HOST);
  t.equal(lineage.slotOf(4194304, 4194304, 0), HOST);
  t.equal(lineage.slotOf(4000, 0, 0), HOST, "ppid 0: a kernel thread");
});

t.test("CID-26: children, and theirs, are where their parent is", async (t) => {
  const lineage = host();
  t.equal(lineage.slotOf(500, SHIM, 0), WEB);
  t.equal(lineage.slotOf(501, 500, 0), WEB);
  t.equal(lineage.slotOf(502, 501, 0), WEB);
  t.equal(lineage.slotOf(601, 600, 0), DB);
  t.equal(lineage.slotOf(701, 700, 0), INNER);
  t.equal(lineage.slotOf(502, -1, 0), WEB, "an event without ppid, of a task that is known");
});

t.test("siblings of a registered task are not in its container", async (t) => {
  const lineage = host();
  lineage.slotOf(500, SHIM, 0);
  t.equal(lineage.slotOf(501, SHIM, 0), HOST);
  t.equal(lineage.slotOf(SHIM, 1, 0), HOST);
});

t.test("a registered task stays, whatever parent its events show", async (t) => {
  const lineage = host();
  t.equal(lineage.slotOf(500, SHIM, 0), WEB);
  t.equal(lineage.slotOf(500, 1, 10_000), WEB, "its shim died");
  t.equal(lineage.slotOf(501, 500, 10_000), WEB);
});

t.test("an orphan stays when its reaper is inside the container", async (t) => {
  const lineage = host();
  lineage.slotOf(501, 500, 0);
  lineage.slotOf(502, 501, 0);
  lineage.exit(501, 10);
  t.equal(lineage.slotOf(502, 500, 10_000), WEB);
});

t.test("an orphan stays when its reaper is the outer container's", async (t) => {
  const lineage = host();
  lineage.slotOf(701, 700, 0);
  lineage.slotOf(702, 701, 0);
  lineage.exit(701, 10);
  t.equal(lineage.slotOf(702, 500, 10_000), INNER);
  t.equal(lineage.slotOf(703, 702, 10_000), INNER, "so do its children");
});

t.test(
  "a task of the outer container does not stay for a reaper that is nested in it",
  async (t) => {
    const lineage = host();
    lineage.slotOf(501, 500, 0);
    t.equal(lineage.slotOf(501, 700, 10_000), INNER, "so this is another task");
  },
);

t.test("after exit_group a pid that the host uses again is the host's", async (t) => {
  const lineage = host();
  lineage.slotOf(501, 500, 0);
  lineage.exit(501, 10);
  t.equal(lineage.slotOf(501, 1, 11), HOST, "within the grace: its parent tells");
  t.equal(lineage.slotOf(501, -1, 12), HOST, "and it is forgotten");
  lineage.slotOf(502, 500, 0);
  lineage.exit(502, 10);
  t.equal(lineage.slotOf(502, 1, 10_000), HOST);
  t.equal(lineage.slotOf(503, 502, 10_001), HOST, "its children are the host's");
});

t.test("after exit_group a pid that another container uses again is that one's", async (t) => {
  const lineage = host();
  lineage.slotOf(501, 500, 0);
  lineage.exit(501, 10);
  t.equal(lineage.slotOf(501, 600, 11), DB);
  t.equal(lineage.slotOf(502, 501, 12), DB);
});

t.test("after exit_group of a registered task its pid is free as well", async (t) => {
  const lineage = host();
  lineage.slotOf(500, SHIM, 0);
  lineage.exit(500, 10);
  t.equal(lineage.slotOf(500, 1, 11), HOST);
  lineage.exit(600, 10);
  t.equal(lineage.slotOf(600, 1, 10_000), HOST, "also when nothing else was heard of it");
});

t.test("records of an exited task are still its own within the grace", async (t) => {
  for (const time of [1000, 1000 + EXIT_GRACE_MS, 1000 - EXIT_GRACE_MS]) {
    const lineage = host();
    lineage.slotOf(501, 500, 0);
    lineage.exit(501, 1000);
    t.equal(lineage.slotOf(501, -1, time), WEB, "without ppid");
    t.equal(lineage.slotOf(502, 501, time), WEB, "of a child that is heard of for the first time");
    t.equal(lineage.slotOf(501, 500, time), WEB, "of another thread");
  }
});

t.test("behind the grace nothing is believed of an exited task", async (t) => {
  const late = 1000 + EXIT_GRACE_MS + 1;
  const lineage = host();
  lineage.slotOf(501, 500, 0);
  lineage.exit(501, 1000);
  t.equal(lineage.slotOf(510, 501, late), HOST, "its pid as ppid");
  t.equal(lineage.slotOf(501, -1, late), HOST, "an event without ppid");
  lineage.slotOf(502, 500, 0);
  lineage.exit(502, 1000);
  t.equal(lineage.slotOf(502, 500, late), WEB, "a new child of the container under the same pid");
});

t.test(
  "CID-26: a pid whose exit was not seen is another task when its parent is not near",
  async (t) => {
    const lineage = host();
    lineage.slotOf(501, 500, 0);
    lineage.slotOf(502, 501, 0);
    t.equal(lineage.slotOf(501, 1, 10_000), HOST);
    t.equal(lineage.slotOf(501, -1, 10_001), HOST);
    lineage.slotOf(503, 500, 0);
    t.equal(lineage.slotOf(503, 600, 10_000), DB, "a child of another container's task");
    lineage.slotOf(701, 700, 0);
    t.equal(lineage.slotOf(701, SHIM, 10_000), HOST, "of a nested container");
  },
);

t.test("an exit of a task that is not known changes nothing", async (t) => {
  const lineage = host();
  lineage.exit(4000, 0);
  lineage.exit(501, 0);
  t.equal(lineage.slotOf(501, 500, 0), WEB);
});

t.test(
  "after a thread's exit a registered task is another one when its parent changes",
  async (t) => {
    const lineage = host();
    lineage.slotOf(500, SHIM, 0);
    lineage.threadExit(500);
    t.equal(lineage.slotOf(500, SHIM, 5), WEB, "other threads go on");
    t.equal(lineage.slotOf(501, 500, 5), WEB);
    t.equal(lineage.slotOf(500, 1, 10_000), HOST, "the thread was the last one");
  },
);

t.test(
  "a thread's exit is no exit of the process, and none at all of an unknown one",
  async (t) => {
    const lineage = host();
    lineage.slotOf(501, 500, 0);
    lineage.threadExit(501);
    lineage.threadExit(4000);
    lineage.threadExit(600);
    t.equal(lineage.slotOf(501, 500, 10_000), WEB);
    t.equal(lineage.slotOf(600, 1, 10_000), DB, "its parent had not been heard of");
  },
);

t.test("after the end of a registration its tasks are the host's", async (t) => {
  const lineage = host();
  lineage.slotOf(501, 500, 0);
  lineage.end(WEB);
  t.equal(lineage.slotOf(500, SHIM, 1), HOST);
  t.equal(lineage.slotOf(501, -1, 1), HOST);
  t.equal(lineage.slotOf(502, 501, 1), HOST);
  t.equal(lineage.slotOf(601, 600, 1), DB, "not those of another");
  t.equal(lineage.slotOf(701, 700, 1), INNER, "nor of one that was nested in it");
});

t.test(
  "CID-36: the next generation of a contid does not meet its predecessor's tasks",
  async (t) => {
    const lineage = host();
    lineage.slotOf(501, 500, 0);
    lineage.slotOf(502, 501, 0);
    lineage.end(WEB);
    lineage.register(800, 3, HOST);
    t.equal(lineage.slotOf(502, 501, 1), HOST);
    t.equal(lineage.slotOf(501, 500, 1), HOST);
    t.equal(lineage.slotOf(801, 800, 1), 3);
  },
);

t.test("CID-36: a pid that is registered again starts from nothing", async (t) => {
  const lineage = host();
  lineage.slotOf(500, SHIM, 0);
  lineage.exit(500, 10);
  lineage.end(WEB);
  lineage.register(500, 3, HOST);
  t.equal(lineage.slotOf(500, SHIM + 1, 11), 3);
  t.equal(lineage.slotOf(500, -1, 10_000), 3);
});

t.test("process IDs far apart do not share their entries", async (t) => {
  const lineage = new TaskLineage();
  lineage.register(1, WEB, HOST);
  for (const pid of [1 + 1024, 1 + 2048, 4194304, 4193281]) {
    t.equal(lineage.slotOf(pid, -1, 0), HOST, String(pid));
  }
  lineage.register(4194304, DB, HOST);
  t.equal(lineage.slotOf(2, 4194304, 0), DB);
});
