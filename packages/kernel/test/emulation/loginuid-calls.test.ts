import t from "tap";
import { setFeature } from "../../src/emulation/control-calls.ts";
import { setLoginuid } from "../../src/emulation/loginuid-calls.ts";
import { unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records, recordsOf, said } from "./host.ts";

t.test("CID-109, CID-110: its own, free while unset, a new session each", async (t) => {
  const kernel = emulate();
  const task = child(kernel);
  unshare(kernel, task, "user");
  records(kernel);
  t.equal(said(setLoginuid(kernel, { task, text: "1000", by: kernel.init })), "EPERM");
  t.same(recordsOf(kernel, "LOGIN"), []);
  t.equal(said(setLoginuid(kernel, { task, text: "1000", by: task })), "ok");
  t.same(recordsOf(kernel, "LOGIN"), [
    "LOGIN pid=2 uid=0 old-auid=4294967295 auid=1000 tty=(none) old-ses=4294967295 ses=1 res=1",
  ]);
  t.equal(said(setLoginuid(kernel, { task, text: "1001", by: task })), "EPERM");
  t.same(recordsOf(kernel, "LOGIN"), [
    "LOGIN pid=2 uid=0 old-auid=1000 auid=1001 tty=(none) old-ses=1 ses=1 res=0",
  ]);
  t.same([task.auid, task.ses], [1000, 1]);
});

t.test(
  "CID-111, CID-112: the features bind whoever asks; a container may add to the host's",
  async (t) => {
    const kernel = emulate();
    const task = contained(kernel, 5n);
    const write = (text: string): string => said(setLoginuid(kernel, { task, text, by: task }));
    t.equal(write("1"), "ok");
    setFeature(kernel, kernel.init, undefined, "only_unset_loginuid", { on: true });
    t.equal(write("2"), "EPERM");
    t.equal(write("4294967295"), "ok");
    t.equal(task.ses, 4294967295);
    t.equal(write("2"), "ok");
    setFeature(kernel, kernel.init, undefined, "only_unset_loginuid", { on: false });
    setFeature(kernel, kernel.init, 5n, "loginuid_immutable", { on: true });
    t.equal(write("4294967295"), "EPERM");
    t.equal(write("x"), "EINVAL");
    t.equal(write("4294967296"), "ERANGE");
  },
);
