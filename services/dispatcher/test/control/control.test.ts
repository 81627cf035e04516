import fc from "fast-check";
import t from "tap";
import { BODIES } from "../../src/control/bodies.ts";
import { controlOf, PRINCIPALS } from "./fake-node.ts";

t.test("who and what are checked before anything else", async (t) => {
  const { control } = await controlOf();
  t.equal(control.isPrincipal("web"), true);
  t.equal(control.isPrincipal("nobody"), false);
  await t.rejects(control.handle("nobody", "status", {}), { code: "EPERM" });
  await t.rejects(control.handle("root", "toString", {}), { code: "EINVAL" });
  await t.rejects(control.handle("root", "status", { scope: 1, x: 1 }), {
    code: "EINVAL",
    message: /status: .*scope: expected host, a contid or a container's name/,
  });
});

t.test("a forged body changes nothing: there is no place for a name in it", async (t) => {
  const { control } = await controlOf();
  for (const forged of [
    { scope: "host", principal: "root" },
    { scope: "host", auid: 0 },
    { scope: "host", credentials: { capabilities: "all" } },
    JSON.parse('{"scope":"host","__proto__":{"principal":"root"}}'),
  ]) {
    await t.rejects(control.handle("web", "status", forged), { name: "AuditError" });
  }
});

t.test("CID-77: in mainline mode nobody outside the initial user namespace is heard", async (t) => {
  const { control } = await controlOf({ mainline: true });
  await t.rejects(control.handle("web", "status", { scope: "web" }), {
    code: "ECONNREFUSED",
  });
  t.match(await control.handle("root", "status", { scope: "web" }), { enabled: 1 });
});

t.test("any body of any verb is answered or refused by an AuditError", async () => {
  const values = fc.oneof(
    fc.anything({ maxDepth: 1 }),
    fc.constantFrom("web", "7", "host", "100", 100, true),
  );
  const keys = ["scope", "rule", "rules", "pid", "contid", "value", "text", "key", "enabled"];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...PRINCIPALS.map(({ name }) => name)),
      fc.constantFrom(...Object.keys(BODIES)),
      fc.dictionary(fc.constantFrom(...keys), values),
      async (principal, verb, body) => {
        const { control, node } = await controlOf();
        try {
          await control.handle(principal, verb, body);
        } catch (error) {
          if ((error as Error).name !== "AuditError") throw error;
        }
        return node.recorded.every(({ record }) => !/[\n\r\0]/.test(record));
      },
    ),
    { numRuns: 300 },
  );
});

t.test(
  "a tenant that is refused all day fills no log, and what was left out is told",
  async (t) => {
    const { control, node } = await controlOf();
    for (let i = 0; i < 500; i++) {
      const bad = control.handle("web", "status", { scope: "host" });
      await t.rejects(bad, { code: "EPERM" });
    }
    const register = control.handle("web", "register", { pid: 100, contid: "9" });
    await t.rejects(register, { code: "EPERM" });
    t.equal(node.recorded.length, 51);
    t.same(node.recorded.at(-1), {
      in: "web",
      chain: "7",
      record: 'KERNEL_OTHER op=lost reason=refused principal="web" lost=1 res=0',
    });
    await t.rejects(control.handle("db", "status", { scope: "host" }), { code: "EPERM" });
    t.equal(node.recorded.at(-1)?.in, "db", "others have a quota of their own");
    control.end();
    t.match(node.recorded.at(-1)?.record, / lost=450 res=0$/);
  },
);
