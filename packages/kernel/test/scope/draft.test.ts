import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { Draft, renderBody, type View } from "../../src/scope/draft.ts";
import { TaskTable } from "../../src/task/task-table.ts";

const { init, initPidns } = new TaskTable();
const HOST: View = { scope: undefined, chain: [], pidns: initPidns, key: undefined };

function view(...chain: bigint[]): View {
  return { ...HOST, scope: chain[0], chain };
}

function bodies(draft: Draft, seen: View): (string | undefined)[] {
  return draft.records.map((record) => renderBody(record, seen));
}

t.test("CID-92, CID-95: each scope is shown its part of each list", async (t) => {
  const draft = new Draft(0, []);
  const link = draft.link([[2n, 1n], [3n, 1n], []]);
  draft.add(RecordType.NETFILTER_PKT, "proto=1", link);
  t.same(bodies(draft, HOST), ["record=1 contid=2,^1,3,^1", "proto=1 record=1"]);
  t.same(bodies(draft, view(1n)), ["record=1 contid=2,^1,3,^1", "proto=1 record=1"]);
  t.same(bodies(draft, view(2n, 1n)), ["record=1 contid=2", "proto=1 record=1"]);
  t.same(bodies(draft, view(9n)), [undefined, "proto=1"]);
});

t.test(
  "CID-93: old-contid is trimmed, and an ancestor that was tried for is not shown",
  async (t) => {
    const draft = new Draft(0, []);
    draft.add(RecordType.CONTAINER_OP, "contid=", { contid: 1n }, " old-contid=", {
      chains: [[4n, 2n, 1n]],
    });
    t.same(bodies(draft, HOST), ["contid=1 old-contid=4,^2,^1"]);
    t.same(bodies(draft, view(1n)), ["contid=1 old-contid=4,^2,^1"]);
    t.same(bodies(draft, view(2n, 1n)), ["contid=? old-contid=4,^2"]);
    t.same(bodies(draft, view(9n)), ["contid=1 old-contid=-1"]);
  },
);

t.test("pids and keys are those of who looks", async (t) => {
  const draft = new Draft(0, []);
  draft.add(RecordType.SYSCALL, "pid=", { pid: init }, " ppid=", { pid: undefined }, " key=", {
    key: true,
  });
  t.same(bodies(draft, HOST), ["pid=1 ppid=0 key=(null)"]);
  t.same(bodies(draft, { ...HOST, key: '"k"' }), ['pid=1 ppid=0 key="k"']);
});

t.test("CID-61: CONTAINER_ID records of an event are numbered from 1", async (t) => {
  const draft = new Draft(0, [[1n]]);
  t.same(draft.link([[1n]]), { record: 1, chains: [[1n]] });
  t.equal(draft.link([[]]), "", "no container, no record");
  t.same(draft.link([[2n]]), { record: 2, chains: [[2n]] });
  t.equal(draft.records.length, 2);
});
