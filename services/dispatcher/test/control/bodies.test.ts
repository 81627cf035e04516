import { CONTROL_VERBS } from "@cauditd/dispatcher";
import fc from "fast-check";
import t from "tap";
import { BODIES, MAX_RULES } from "../../src/control/bodies.ts";

t.test("every verb has a shape, and says whether it reads", async (t) => {
  t.same([...CONTROL_VERBS.keys()].sort(), Object.keys(BODIES).sort());
  const reads = [...CONTROL_VERBS].filter(([, verb]) => verb.reads).map(([name]) => name);
  t.same(reads.sort(), ["contid", "features", "instances", "rules", "status"]);
});

t.test("what is left out has its default", async (t) => {
  t.same(BODIES.status.parse({}), { scope: "host" });
  t.same(BODIES.rules.parse({}), { scope: "host", from: 0 });
  t.same(BODIES["rules-delete-all"].parse({ scope: "web" }), {
    scope: "web",
    floor: false,
    key: "",
  });
  t.same(BODIES["user-record"].parse({ text: "x" }), { type: 1005, text: "x" });
});

t.test("other shapes are refused, strangers among the keys too", async (t) => {
  const cases: [keyof typeof BODIES, object][] = [
    ["status", { scope: 7 }],
    ["status", { scope: "" }],
    ["status", { principal: "root" }],
    ["status-set", { enabled: -1 }],
    ["status-set", { enabled: 4294967296 }],
    ["status-set", { pid: 1 }],
    ["rules-add", { scope: "host" }],
    ["rules-add", { rule: "no base 64!" }],
    ["rules-replace", { rules: new Array(MAX_RULES + 1).fill("") }],
    ["user-record", { text: "two\nlines" }],
    ["user-record", { text: "x".repeat(8561) }],
    ["signal", { signal: "KILL" }],
    ["register", { pid: 0, contid: "1" }],
    ["register", { pid: 1, contid: 1 }],
    ["register", { pid: 1, contid: "1", __proto__: null, extra: 1 }],
    ["end", { contid: "x" }],
    ["capcontid-set", { pid: 1, value: "1" }],
  ];
  for (const [verb, body] of cases) {
    t.equal(BODIES[verb].safeParse(body).success, false, `${verb} ${JSON.stringify(body)}`);
  }
});

t.test("whatever a body is, it has the shape of its verb or is refused", async (t) => {
  const shapes = Object.values(BODIES) as readonly { safeParse(body: unknown): object }[];
  const property = fc.property(fc.constantFrom(...shapes), fc.anything(), (shape, body) => {
    return "success" in shape.safeParse(body);
  });
  t.doesNotThrow(() => fc.assert(property));
});
