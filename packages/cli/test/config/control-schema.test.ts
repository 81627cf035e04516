import t from "tap";
import { parseConfig } from "../../src/config/config.ts";
import {
  controlSocket,
  hostWord,
  LOCAL_PRINCIPAL,
  principalsOf,
} from "../../src/config/control-schema.ts";
import { problemsOf } from "../problems.ts";

function config(control: string): string {
  return `logs: /var/log/c\nsource: { type: stdin }\ncontainers: []\ncontrol:\n${control}`;
}

t.test("a principal is a task: inside its container, or of the host", async (t) => {
  const { control } = parseConfig(
    "c.yaml",
    config(`  host: node1
  policy: { both: true }
  principals:
    ops: { capabilities: all, auid: 1000, ses: 4, subj: "a:b:c" }
    web: { capabilities: [CAP_AUDIT_CONTROL, cap_audit_read], contid: "7", pid: 701 }
    engine: { capabilities: none, contid: "7", capcontid: true, userns: init }
`),
  );
  t.equal(control.host, "node1");
  t.same(control.policy, { mainline: false, both: true, strict: true });
  t.match(control.principals, [
    { name: "ops", initUserns: true, initPidns: true, subject: { auid: 1000, subj: "a:b:c" } },
    { name: "web", initUserns: false, initPidns: false, contid: 7n, subject: { pid: 701 } },
    { name: "engine", initUserns: true, initPidns: false, capcontid: true, capabilities: 0n },
  ]);
  t.equal(control.principals[1]?.capabilities, (1n << 30n) | (1n << 37n));
  t.same(
    principalsOf(control).map(({ name }) => name),
    [LOCAL_PRINCIPAL, "ops", "web", "engine"],
  );
});

t.test("without a word of control there is the socket of the host's root", async (t) => {
  const plain = parseConfig("c.yaml", "logs: l\nsource: { type: stdin }\ncontainers: []\n");
  t.equal(controlSocket(plain), "l/control.sock");
  t.same(plain.control.principals, []);
  t.equal(controlSocket(parseConfig("c.yaml", config("  socket: false\n"))), undefined);
  t.equal(controlSocket(parseConfig("c.yaml", config("  socket: /run/c\n"))), "/run/c");
});

t.test("every problem is told at once, with its place", async (t) => {
  const text = config(`  host: a.b
  socket: ${"x".repeat(120)}
  policy: { strict: maybe }
  principals:
    "a b": { capabilities: all }
    ops: { capabilities: CAP_NONE, auid: -1, extra: 1 }
    web: { contid: 7 }
`);
  const problems = await problemsOf(() => parseConfig("c.yaml", text));
  for (const place of [
    "control.host: expected a name",
    "control.socket: expected the path of a socket: 1 to 107 bytes",
    "control.policy.strict: expected true or false",
    "control.principals.ops.capabilities: expected all, none or a list",
    "control.principals.ops.auid: expected an integer from 0",
    "control.principals.web.contid: expected a contid as decimal text, in quotes",
    "control.principals.web.capabilities: expected all, none or a list",
  ]) {
    t.ok(
      problems?.some((problem) => /^c\.yaml:\d+: /.test(problem) && problem.includes(place)),
      place,
    );
  }
  t.ok(problems?.some((problem) => problem.includes("a b")));
  t.ok(problems?.some((problem) => problem.includes("extra")));
});

t.test("a host's name is one word of a subject", async (t) => {
  t.equal(hostWord("web-1.example.org"), "web-1");
  t.equal(hostWord("a b"), "a_b");
  t.equal(hostWord(""), "localhost");
  t.equal(hostWord("v1"), "localhost");
});
