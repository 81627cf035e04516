import t from "tap";
import { Matcher } from "../../src/search/match.ts";
import { newQuery, type Query } from "../../src/search/query.ts";
import { line, PATH_BODY, SYSCALL_BODY } from "../records.ts";
import { eventOf } from "./search-events.ts";

const event = eventOf(
  line({
    type: "SYSCALL",
    node: "n1",
    serial: 7,
    body: `${SYSCALL_BODY}\x1dAUID="alice" UID="root"`,
  }),
  line({ type: "PATH", node: "n1", serial: 7, body: PATH_BODY }),
  line({ type: "CONTAINER_ID", node: "n1", serial: 7, body: "record=1 contid=4,^2,^1" }),
);

const finds = (part: Partial<Query>): boolean =>
  new Matcher({ ...newQuery(), ...part }).matches(event);

t.test("everything that is asked has to be there", async (t) => {
  t.ok(finds({}));
  t.ok(finds({ key: "k", exe: "bin", file: "etc", pid: 901, types: [1302], nodes: ["n0", "n1"] }));
  for (const part of [
    { key: "x" },
    { nodes: ["n"] },
    { types: [1303] },
    { serial: 8 },
    { start: 1700000001 },
    { end: 1699999999 },
    { pid: 900 },
    { success: 0 },
    { machine: "i386" },
  ]) {
    t.notOk(finds(part), JSON.stringify(part));
  }
});

t.test("a part of a string is enough unless whole words are asked for", async (t) => {
  t.ok(finds({ exe: "/bin" }));
  t.notOk(finds({ exe: "/bin", word: true }));
  t.ok(finds({ exe: "/bin/sh", word: true }));
});

t.test("users are compared by the names that an ENRICHED record brings", async (t) => {
  t.ok(finds({ auidName: "alice", auid: 5 }));
  t.notOk(finds({ auidName: "bob", auid: 1000 }));
  t.ok(finds({ anyUid: true, uidName: "alice", euidName: "alice", auidName: "alice" }));
  t.ok(finds({ anyUid: true, uid: 1000, euid: 1000, auid: 1000 }));
  const mixed = { anyUid: true, uidName: "nobody", uid: 5, euid: 5 };
  t.notOk(finds({ ...mixed, auid: 5 }), "-ua 5 -ui nobody");
  t.ok(finds({ ...mixed, auid: 1000 }), "-ua 1000 -ui nobody -ue 5");
});

t.test("any contid of the chain finds the event", async (t) => {
  for (const contid of [4n, 2n, 1n]) t.ok(finds({ contid }));
  t.notOk(finds({ contid: 3n }));
});
