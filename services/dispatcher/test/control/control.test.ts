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
