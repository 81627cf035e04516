// What there is to do. That it is done: test/e2e/reload.test.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ContainerRegistry } from "@cauditd/kernel";
import t, { type Test } from "tap";
import { parseConfig } from "../../src/config/config.ts";
import { changedFields, reloadDispatcher, reloadNode } from "../../src/config/reload.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";

const WEB = '{ name: web, contid: "1", pid: 10 }';
const text = (containers: string, more = "") =>
  `logs: l\nsource: { type: stdin }\ncontainers: [${containers}]\n${more}`;

t.test("fields that differ are told by their names in the file", async (t) => {
  const before = parseConfig("F", text(""));
  const after = parseConfig(
    "F",
    text(WEB, 'control: { host: other }\nmetrics: { listen: "127.0.0.1:1" }\nrules: { web: r }\n'),
  );
  t.same(changedFields(before, after, ["source", "control", "metrics", "rules", "limits"]), [
    "control",
    "metrics",
    "rules",
  ]);
  t.same(changedFields(before, parseConfig("F", text(WEB)), ["source", "control"]), []);
});

t.test("a principal with a contid is compared as any other", async (t) => {
  const principals = (contid: string) =>
    `control: { principals: { web: { contid: "${contid}", capabilities: all, auid: 1 } } }\n`;
  const before = parseConfig("F", text(WEB, principals("1")));
  t.same(changedFields(before, parseConfig("F", text(WEB, principals("1"))), ["control"]), []);
  t.same(changedFields(before, parseConfig("F", text(WEB, principals("2"))), ["control"]), [
    "control",
  ]);
});

/** A process with one container, whose file is rewritten. */
function running(t: Test, changeable = true) {
  const path = join(t.testdir({ "c.yaml": "" }), "c.yaml");
  const registry = new ContainerRegistry();
  registry.register({ name: "web", contid: 1n, pid: 10 });
  const containers = {
    registry,
    changeable,
    listed: () => registry.containers.map((one) => ({ ...listed(one), live: false })),
    attach: async (registration: Parameters<typeof registry.register>[0]) =>
      registry.register(registration),
    claim: async () => undefined,
    end: async (contid: bigint) => void registry.end(contid),
    record: () => undefined,
  };
  const source = { registrations: [], run: async () => undefined };
  const of = { path, running: parseConfig(path, text(WEB)), containers, source };
  return { of, registry, write: (content: string) => writeFileSync(path, content) };
}

function listed({ name, contid, pid }: { name: string; contid: bigint; pid: number }) {
  return { name, contid, pid };
}

t.test("containers are those of the file, and what a restart needs is said", async (t) => {
  const { of, registry, write } = running(t);
  write(text('{ name: db, contid: "2", pid: 20 }', "control: { socket: false }\n"));
  t.same(await reloadDispatcher(of), {
    ...{ begun: ["db"], ended: ["web"], moved: [], failed: [], restart: ["control"] },
  });
  t.same(
    registry.containers.map(({ name }) => name),
    ["db"],
  );
});

t.test("a file that is refused changes nothing, and every problem is told", async (t) => {
  const { of, registry, write } = running(t);
  write("logs: 1\nsource: { type: stdin }\ncontainers: [{ name: a }]\n");
  t.match(await problemsOf(() => reloadDispatcher(of)), [
    /c\.yaml:1: logs: /,
    /c\.yaml:3: containers\[0\]\.contid: /,
    /c\.yaml:3: containers\[0\]\.pid: /,
  ]);
  write("logs: l\nsource: { type: simulator }\ncontainers: []\n");
  t.match(await problemsOf(() => reloadDispatcher(of)), [/source: another one needs a restart/]);
  t.equal(registry.containers.length, 1);
});

t.test("a node takes the settings of instances that begin, too", async (t) => {
  const { of, write } = running(t);
  write(
    text(`${WEB}, { name: db, contid: "2", pid: 20 }`, "instances: { db: { overflow: oldest } }"),
  );
  const used: unknown[] = [];
  const node = {
    use: ({ limits }: { limits?: ReadonlyMap<string, unknown> }) => used.push(limits),
  };
  t.match(await reloadNode(of, node, fakeIo().log), { begun: ["db"], restart: [] });
  t.same(used, [new Map([["db", { overflow: "oldest" }]])]);
});

t.test("with a log as source the containers stay, and nothing is taken over", async (t) => {
  const { of, write } = running(t, false);
  write(text(""));
  const used: unknown[] = [];
  const node = { use: (settings: unknown) => void used.push(settings) };
  await t.rejects(reloadNode(of, node, fakeIo().log), { code: "EOPNOTSUPP" });
  await t.rejects(reloadDispatcher(of), { code: "EOPNOTSUPP" });
  t.same(used, []);
});
