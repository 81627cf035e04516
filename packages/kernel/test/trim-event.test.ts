import type { AuditEvent } from "@cauditd/auparse";
import { Attributor, trimEvent } from "@cauditd/kernel";
import { formatChain, formatContidList } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { eachEvent, line, loneEvent, route, taskEvent } from "./events.ts";

/** The lines of the one event in `lines` as the container `scope` may see it. */
function trim(scope: bigint, ...lines: string[]): string[] {
  const got: string[] = [];
  eachEvent(lines, (event: AuditEvent) => {
    const trimmed = trimEvent(event, scope);
    for (let i = 0; i < trimmed.count; i++) got.push(trimmed.line(i).toString("latin1"));
  });
  return got;
}

/** The bodies of a lone record of this type for a scope. */
function trimBody(scope: bigint, type: string, body: string): string[] {
  return trim(scope, ...loneEvent(type, body)).map((text) => text.replace(/^.*?\): /, ""));
}

t.test("CID-92, CID-95: a list is trimmed to the scope, chain by chain", async (t) => {
  const list = (scope: bigint): string[] =>
    trimBody(scope, "CONTAINER_ID", "record=1 contid=2,^1,3,^1");
  t.same(list(1n), ["record=1 contid=2,^1,3,^1"]);
  t.same(list(2n), ["record=1 contid=2"]);
  t.same(list(3n), ["record=1 contid=3"]);
  t.same(list(9n), [], "the record is left out");
});

t.test("CID-93: old-contid is trimmed, and reads -1 when nothing remains", async (t) => {
  const drop = (scope: bigint): string[] =>
    trimBody(scope, "CONTAINER_OP", "op=drop opid=5 contid=-1 old-contid=4,^2,^1");
  t.same(drop(1n), ["op=drop opid=5 contid=-1 old-contid=4,^2,^1"]);
  t.same(drop(2n), ["op=drop opid=5 contid=-1 old-contid=4,^2"]);
  t.same(drop(4n), ["op=drop opid=5 contid=-1 old-contid=4"]);
  t.same(drop(9n), ["op=drop opid=5 contid=-1 old-contid=-1"]);
});

t.test("the new contid of a set stays: it is the object's own", async (t) => {
  const body = "op=set opid=5 contid=4 old-contid=-1";
  t.same(trimBody(1n, "CONTAINER_OP", body), [body]);
});

t.test("a list that cannot be read is not shown", async (t) => {
  t.same(trimBody(4n, "CONTAINER_ID", "record=1 contid=4^2^1"), []);
  t.same(trimBody(4n, "CONTAINER_OP", "op=set contid=5 old-contid=4^2"), [
    "op=set contid=5 old-contid=-1",
  ]);
  t.same(trimBody(4n, "CONTAINER_ID", "record=1 contid="), []);
});

t.test("only fields of the kernel's own are trimmed", async (t) => {
  const user = "pid=1 uid=0 auid=0 ses=1 msg='op=x contid=4,^2 old-contid=2'";
  for (const body of [user, "op=x contid=4,^2 old-contid=2"]) {
    t.same(trimBody(4n, "USER_CMD", body), [body], "what a program wrote");
  }
  const quoted = 'item=0 name="contid=2" xcontid=2 contid-x=2';
  t.same(trimBody(4n, "PATH", quoted), [quoted], "other names, and values");
});

t.test("records without contids are the same bytes, in the same order", async (t) => {
  const serial = 7_000_001;
  const lines = [
    line("CONTAINER_ID", "record=1 contid=4,^2", { serial, node: "alpha" }),
    ...taskEvent({ pid: 1, ppid: 1, serial, node: "alpha" }),
  ];
  t.same(trim(4n, ...lines), [lines[0]?.replace("4,^2", "4"), ...lines.slice(1)]);
  t.same(trim(9n, ...lines), lines.slice(1));
});

t.test("the trimmed event says when and where as before, and has its places right", async (t) => {
  const serial = 7_000_002;
  const lines = [
    line("CONTAINER_ID", "record=1 contid=4,^2", { serial, node: "alpha", at: 7 }),
    line("CONTAINER_OP", "op=set opid=5 contid=6 old-contid=4,^2", {
      serial,
      node: "alpha",
      at: 7,
    }),
    ...taskEvent({ pid: 1, ppid: 1, serial, node: "alpha", at: 7 }),
  ];
  let events = 0;
  eachEvent(lines, (event) => {
    events++;
    const trimmed = trimEvent(event, 4n);
    const { node, nodeId, sec, milli, end, late, eoe, count } = event;
    t.match(trimmed, { node, nodeId, sec, milli, serial, end, late, eoe, count });
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const text = trimmed.line(i).toString("latin1");
      bytes += text.length;
      const from = trimmed.starts[i] as number;
      const body = text.slice((trimmed.bodies[i] as number) - from);
      t.equal(body, text.slice(text.indexOf("): ") + 3));
      const digits = [trimmed.serialStarts[i] as number, trimmed.serialEnds[i] as number];
      t.equal(text.slice(...digits.map((place) => place - from)), String(serial));
      t.equal(trimmed.types[i], event.types[i]);
    }
    t.equal(trimmed.bytes, bytes);
  });
  t.equal(events, 1);
});

/** Contids that cannot be mistaken for one another inside a line. */
const tree = fc
  .array(fc.nat({ max: 100 }), { minLength: 2, maxLength: 12 })
  .map((picks) => picks.map((pick, index) => (index === 0 ? -1 : pick % (index + 1)) - 1));

t.test("CID-93: no bytes for a scope hold the contid of one of its ancestors", async () => {
  const source = fc.record({
    /** For each container, the index of the one that it is nested in, or -1. */
    tree,
    /** Lists are made of these containers' chains. */
    subject: fc.nat(),
    lists: fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    olds: fc.array(fc.nat(), { maxLength: 3 }),
    byTask: fc.boolean(),
  });
  fc.assert(
    fc.property(source, ({ tree, subject, lists, olds, byTask }) => {
      const attributor = new Attributor();
      const chains: bigint[][] = [];
      const contid = (index: number): bigint => 7_777_000_000n + BigInt(index);
      for (const [index, parent] of tree.entries()) {
        const nested = parent < 0 ? {} : { parent: contid(parent) };
        const first = { name: `c${index}`, contid: contid(index), pid: 1000 + index };
        attributor.register({ ...first, ...nested });
        chains.push([contid(index), ...(chains[parent] ?? [])]);
      }
      const chain = (pick: number): bigint[] => chains[pick % chains.length] as bigint[];
      const serial = 7_100_000;
      const own = byTask ? [] : [[subject]];
      const lines = [...own, ...(byTask ? [] : lists)].map((list, index) => {
        const text = formatContidList(list.map(chain));
        return line("CONTAINER_ID", `record=${index + 1} contid=${text}`, { serial });
      });
      for (const old of olds) {
        const text = `op=set opid=9 contid=5 old-contid=${formatChain(chain(old))}`;
        lines.push(line("CONTAINER_OP", text, { serial }));
      }
      const pid = byTask ? 1000 + (subject % chains.length) : 4000;
      const got = route(attributor, [...lines, ...taskEvent({ pid, ppid: 1, serial })]);
      if (got.length !== 1 + chain(subject).length) return false;
      return got.slice(1).every(({ scope, lines, chain }) => {
        const [, ...ancestors] = chains[Number(scope.slice(1))] as bigint[];
        const text = [...lines, chain].join("\n");
        return ancestors.every((ancestor) => !text.includes(String(ancestor)));
      });
    }),
    { numRuns: 300 },
  );
});
