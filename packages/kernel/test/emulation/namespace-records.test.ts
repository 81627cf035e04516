import t from "tap";
import { setContid } from "../../src/emulation/contid-calls.ts";
import type { EmulatedKernel } from "../../src/emulation/emulated-kernel.ts";
import { exit, setns, unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records, said } from "./host.ts";

/** The NS_ records since the last call. */
function about(kernel: EmulatedKernel, contid?: bigint): string[] {
  return records(kernel, contid).filter((line) => line.startsWith("NS_"));
}

const NET = "netns=4026531840";

t.test("CID-117: they are off by default, and unshare and setns then make no event", async (t) => {
  const kernel = emulate();
  const task = contained(kernel, 1n);
  unshare(kernel, task, "net");
  exit(kernel, task);
  t.same(about(kernel), []);
  t.equal(records(kernel).length, 0);
});

t.test("CID-117: creation, change, the last user gone, and a registration", async (t) => {
  const kernel = emulate({ namespaceRecords: true });
  const [a, b] = [child(kernel), child(kernel)];
  t.equal(said(unshare(kernel, a, "net")), "ok");
  t.same(about(kernel), [
    "NS_CREATE dev=00:04 netns=4026532001",
    `NS_CHANGE dev=00:04 old-${NET} netns=4026532001`,
  ]);
  setContid(kernel, { task: a, text: "1", by: kernel.init });
  const info = "dev=00:04 userns=4026531837 pidns=4026531836 netns=4026532001";
  t.same(about(kernel), [`NS_INFO opid=2 ${info}`]);
  t.equal(said(setns(kernel, b, "net", a)), "ok");
  t.same(about(kernel), [`NS_CHANGE dev=00:04 old-${NET} netns=4026532001`]);
  exit(kernel, a);
  t.same(about(kernel), [], "one uses it still");
  t.equal(said(setns(kernel, b, "net", kernel.init)), "ok");
  t.same(about(kernel), [
    `NS_CHANGE dev=00:04 old-netns=4026532001 ${NET}`,
    "NS_DESTROY dev=00:04 netns=4026532001",
  ]);
});

t.test(
  "CID-117: a namespace lives as long as one inside it, and goes with its last task",
  async (t) => {
    const kernel = emulate({ namespaceRecords: true });
    const outer = child(kernel);
    unshare(kernel, outer, "user");
    const inner = child(kernel, outer);
    unshare(kernel, inner, "user");
    records(kernel);
    exit(kernel, outer);
    t.same(about(kernel), []);
    exit(kernel, inner);
    t.same(about(kernel), [
      "NS_DESTROY dev=00:04 userns=4026532002",
      "NS_DESTROY dev=00:04 userns=4026532001",
    ]);
  },
);

t.test("CID-117: a refused call leaves its call, and no record of a namespace", async (t) => {
  const kernel = emulate({ namespaceRecords: true });
  const weak = child(kernel, kernel.init, { capabilities: 0n });
  t.equal(said(unshare(kernel, weak, "net")), "EPERM");
  const lines = records(kernel);
  t.match(lines[0], /^SYSCALL .*syscall=272 success=no exit=-1 /);
  t.notOk(lines.some((line) => line.startsWith("NS_")));
});
