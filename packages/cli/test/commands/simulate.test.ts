import path from "node:path";
import t from "tap";
import { simulate } from "../../src/commands/simulate.ts";
import { InputError } from "../../src/terminal/input-error.ts";
import { fakeIo } from "../fake-io.ts";

t.test("a scenario's steps are printed with their results; the exit code is 0", async (t) => {
  const dir = t.testdir({ "s.txt": "# one\ntask a caps=none\ncontid init 5 by=a\n" });
  const io = fakeIo();
  t.equal(await simulate(path.join(dir, "s.txt"), {}, io), 0);
  t.equal(io.stdout(), "task a caps=none\n  2\ncontid init 5 by=a\n  EPERM\n");
});

t.test("--json prints the same as a list", async (t) => {
  const dir = t.testdir({ "s.txt": "\nchain init\n" });
  const io = fakeIo();
  t.equal(await simulate(path.join(dir, "s.txt"), { json: true }, io), 0);
  t.same(JSON.parse(io.stdout()), [{ line: 2, step: "chain init", result: ["-1"] }]);
});

t.test("--mainline refuses whoever is outside the initial user namespace", async (t) => {
  const dir = t.testdir({
    "s.txt": "task a\ncontid a 1\nunshare a user\ndaemon a start\n",
  });
  const io = fakeIo();
  await simulate(path.join(dir, "s.txt"), { mainline: true }, io);
  t.match(io.stdout(), /daemon a start\n {2}ECONNREFUSED\n$/);
});

t.test("a line that cannot be read stops everything, with file, line and field", async (t) => {
  const dir = t.testdir({ "s.txt": "task a\nchain b\n" });
  const file = path.join(dir, "s.txt");
  const io = fakeIo();
  const expected = `${file}:2: TASK: expected the name of a task of an earlier step, found "b"`;
  await t.rejects(simulate(file, {}, io), new InputError([expected]));
  await t.rejects(simulate(path.join(dir, "none"), {}, io), InputError);
  t.equal(io.stdout(), "");
});
