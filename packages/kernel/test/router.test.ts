import { Attributor } from "@cauditd/kernel";
import t from "tap";
import { line, route, taskEvent } from "./events.ts";

/** The worked example of the design mail: A and B live in 1, Y and Z in 2. */
function example(): Attributor {
  const attributor = new Attributor();
  attributor.register({ name: "one", contid: 1n, pid: 100 });
  attributor.register({ name: "two", contid: 2n, pid: 200 });
  attributor.register({ name: "A", contid: 11n, pid: 110, parent: 1n });
  attributor.register({ name: "B", contid: 12n, pid: 120, parent: 1n });
  attributor.register({ name: "Y", contid: 21n, pid: 210, parent: 2n });
  attributor.register({ name: "Z", contid: 22n, pid: 220, parent: 2n });
  return attributor;
}

/** The lines of an event with CONTAINER_ID records in front, as v11 orders them. */
function withLists(lists: readonly string[], serial: number, pid = 4000): string[] {
  const records = lists.map((list, index) =>
    line("CONTAINER_ID", `record=${index + 1} contid=${list}`, { serial }),
  );
  return [...records, ...taskEvent({ pid, ppid: 1, serial })];
}

t.test("CID-91, CID-92: the worked example, by task", async (t) => {
  const lines = taskEvent({ pid: 221, ppid: 220 });
  t.same(route(example(), lines), [
    { scope: "host", lines, chain: "22,^2" },
    { scope: "Z", lines, chain: "22" },
    { scope: "two", lines, chain: "22,^2" },
  ]);
});

t.test("CID-91, CID-92: the worked example, by CONTAINER_ID record", async (t) => {
  const lines = withLists(["22,^2"], 8_000_001);
  const trimmed = [lines[0]?.replace("22,^2", "22"), ...lines.slice(1)];
  t.same(route(example(), lines), [
    { scope: "host", lines, chain: "" },
    { scope: "Z", lines: trimmed, chain: "" },
    { scope: "two", lines, chain: "" },
  ]);
});

t.test("CID-94: an event of the host goes to the host only", async (t) => {
  const lines = taskEvent({ pid: 4000, ppid: 1 });
  t.same(route(example(), lines), [{ scope: "host", lines, chain: "" }]);
});

t.test("CID-90: the host gets every event, and in one piece", async (t) => {
  const lines = [
    ...taskEvent({ pid: 221, ppid: 220 }),
    ...taskEvent({ pid: 4000, ppid: 1 }),
    ...withLists(["12,^1"], 8_000_002),
    ...withLists(["999"], 8_000_003),
  ];
  const host = route(example(), lines).filter(({ scope }) => scope === "host");
  t.same(
    host.flatMap((got) => got.lines),
    lines,
  );
});

t.test("CID-95: members of a list get what is up to them, others get nothing", async (t) => {
  const attributor = new Attributor();
  attributor.register({ name: "one", contid: 1n, pid: 100 });
  attributor.register({ name: "two", contid: 2n, pid: 200, parent: 1n });
  attributor.register({ name: "three", contid: 3n, pid: 300, parent: 1n });
  attributor.register({ name: "nine", contid: 9n, pid: 900 });
  const stamp = { serial: 8_000_004 };
  const list = (text: string): string => line("CONTAINER_ID", `record=1 contid=${text}`, stamp);
  const packet = line("NETFILTER_PKT", "mark=0x1 saddr=127.0.0.1 proto=1 record=1", stamp);
  t.same(route(attributor, [list("2,^1,3,^1"), packet]), [
    { scope: "host", lines: [list("2,^1,3,^1"), packet], chain: "" },
    { scope: "two", lines: [list("2"), packet], chain: "" },
    { scope: "one", lines: [list("2,^1,3,^1"), packet], chain: "" },
    { scope: "three", lines: [list("3"), packet], chain: "" },
  ]);
});

t.test("containers of a chain that are not registered pass", async (t) => {
  const got = route(example(), withLists(["5,^22,^6,^2,^7"], 8_000_005));
  t.same(
    got.map(({ scope, lines }) => [scope, lines[0]?.replace(/.*contid=/, "")]),
    [
      ["host", "5,^22,^6,^2,^7"],
      ["Z", "5,^22"],
      ["two", "5,^22,^6,^2"],
    ],
  );
});

t.test("a contid field in place of a CONTAINER_ID record asks for that record", async (t) => {
  const serial = 8_000_006;
  const call = line("SYSCALL", "arch=c000003e syscall=1 ppid=1 pid=4000 contid=22,^2", { serial });
  const title = line("PROCTITLE", "proctitle=7368", { serial });
  const trimmed = call.replace("22,^2", "22");
  t.same(route(example(), [call, title]), [
    { scope: "host", lines: [call, title], chain: "22,^2" },
    { scope: "Z", lines: [trimmed, title], chain: "22" },
    { scope: "two", lines: [call, title], chain: "22,^2" },
  ]);
});

t.test("CID-121: a target's CONTAINER_ID is not shown to the subject's container", async (t) => {
  const lines = withLists(["22,^2", "12,^1"], 8_000_007);
  const got = route(example(), lines);
  t.same(
    got.map(({ scope, lines }) => [scope, lines.join().match(/contid=[^,\n]*(,\^\d+)?/g)]),
    [
      ["host", ["contid=22,^2", "contid=12,^1"]],
      ["Z", ["contid=22"]],
      ["two", ["contid=22,^2"]],
    ],
  );
  t.equal(got.length, 3, "the target's containers get nothing");
});

t.test("CID-93: an old-contid is trimmed for each scope, by task too", async (t) => {
  const serial = 8_000_008;
  const op = "op=set opid=221 contid=30 old-contid=";
  const set = (old: string): string => line("CONTAINER_OP", `${op}${old}`, { serial });
  const call = taskEvent({ pid: 220, ppid: 90, serial });
  const got = route(example(), [set("22,^2"), ...call]);
  t.same(
    got.map(({ scope, lines, chain }) => [scope, lines[0], chain]),
    [
      ["host", set("22,^2"), "22,^2"],
      ["Z", set("22"), "22"],
      ["two", set("22,^2"), "22,^2"],
    ],
  );
});

t.test("an event of which a scope may see nothing is not delivered to it", async (t) => {
  const serial = 8_000_009;
  const odd = line("CONTAINER_ID", "pid=221 record=1 contid=22^2", { serial });
  const end = line("EOE", "", { serial });
  const attributor = example();
  const got = route(attributor, [...taskEvent({ pid: 221, ppid: 220 }), odd, end]);
  t.same(
    got.map(({ scope, lines }) => [scope, lines.length]),
    [
      ["host", 2],
      ["Z", 2],
      ["two", 2],
      ["host", 1],
    ],
    "a list that cannot be read is not shown",
  );
});

t.test("the route of a contid that is registered again is that of its new life", async (t) => {
  const attributor = example();
  route(attributor, taskEvent({ pid: 221, ppid: 220 }));
  attributor.end(22n);
  attributor.register({ name: "Z", contid: 22n, pid: 230, parent: 1n });
  const scopes = route(attributor, taskEvent({ pid: 231, ppid: 230 }));
  t.same(
    scopes.map(({ scope, chain }) => [scope, chain]),
    [
      ["host", "22,^1"],
      ["Z", "22"],
      ["one", "22,^1"],
    ],
  );
});
