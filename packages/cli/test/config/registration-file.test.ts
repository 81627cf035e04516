import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import {
  REGISTRATION_FILE,
  RegistrationFile,
  readRegistrations,
} from "../../src/config/registration-file.ts";
import { InputError } from "../../src/terminal/input-error.ts";

const starts = (pid: number): string | undefined => (pid < 500 ? `start${pid}` : undefined);

t.test("what was registered is read again, until it has ended", async (t) => {
  const folder = t.testdir({});
  const path = join(folder, REGISTRATION_FILE);
  t.same(await readRegistrations(folder), { boot: "", containers: [] });
  const file = new RegistrationFile({ folder, boot: "b1", startOf: starts, containers: [] });
  await file.registered({ name: "web", contid: 18446744073709551614n, pid: 100 }, "ops");
  await file.registered({ name: "in", contid: 8n, pid: 501, parent: 7n }, "local");
  await file.adopted(8n, 102);
  await file.adopted(9n, 103);
  const containers = [
    {
      name: "web",
      contid: 18446744073709551614n,
      owner: "ops",
      tasks: [{ pid: 100, start: "start100" }],
    },
    {
      name: "in",
      contid: 8n,
      parent: 7n,
      owner: "local",
      tasks: [{ pid: 501 }, { pid: 102, start: "start102" }],
    },
  ];
  t.same(await readRegistrations(folder), { boot: "b1", containers });
  t.equal(statSync(path).mode & 0o777, 0o600);
  const next = new RegistrationFile({ folder, boot: "b1", startOf: starts, containers });
  await next.ended(18446744073709551614n);
  t.same((await readRegistrations(folder)).containers, [containers[1]]);
  await next.ended(8n);
  t.equal(existsSync(path), false, "nothing is kept of nothing");
});

t.test("changes that come together are all in the file, which is never half written", async (t) => {
  const folder = t.testdir({});
  const file = new RegistrationFile({ folder, boot: "b", startOf: starts, containers: [] });
  const all = Array.from({ length: 40 }, (_, n) =>
    file.registered({ name: `c${n}`, contid: BigInt(n), pid: n + 1 }, "local"),
  );
  await all[0];
  t.ok((await readRegistrations(folder)).containers.length > 0);
  await Promise.all(all);
  t.equal((await readRegistrations(folder)).containers.length, 40);
});

t.test("a file that is not what was written is refused with file and field", async (t) => {
  const folder = t.testdir({});
  const path = join(folder, REGISTRATION_FILE);
  const problems = async (text: string): Promise<readonly string[]> => {
    writeFileSync(path, text);
    const error: unknown = await readRegistrations(folder).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return error instanceof InputError ? error.problems : [];
  };
  t.match(await problems("{"), [`${path}: `]);
  const one = { name: "../x", contid: 7, owner: "", tasks: [] };
  t.same(
    (await problems(JSON.stringify({ version: 2, boot: "", containers: [one] }))).map((line) =>
      line.slice(path.length + 2).replace(/ expected.*| too .*/i, ""),
    ),
    [
      "version:",
      "containers[0].name:",
      "containers[0].contid:",
      "containers[0].owner:",
      "containers[0].tasks:",
    ],
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (text) => {
      const told = await problems(text);
      return told.length > 0 || (await readRegistrations(folder)) !== undefined;
    }),
    { numRuns: 60 },
  );
  t.ok(readFileSync(path));
});

t.test("a change that cannot be written is told, and the next is not held up", async (t) => {
  const folder = t.testdir({ not: "a folder" });
  const file = new RegistrationFile({
    folder: join(folder, "not"),
    boot: "b",
    startOf: starts,
    containers: [],
  });
  const one = { name: "web", contid: 7n, pid: 1 };
  await t.rejects(file.registered(one, "local"), { code: "ENOTDIR" });
  await t.rejects(file.adopted(7n, 2), { code: "ENOTDIR" });
});
