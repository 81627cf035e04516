import { Arch } from "@cauditd/libaudit";
import t from "tap";
import {
  machineArch,
  machineNames,
  otherMachine,
  statHere,
  thisMachine,
} from "../../src/node/machine.ts";

t.test("the machine has an architecture and names", (t) => {
  t.ok(Object.values(Arch).some((value) => value === machineArch()));
  const names = machineNames();
  t.equal(names.uid("root"), 0);
  t.equal(names.gid("root"), 0);
  t.equal(names.uid("no such user"), undefined);
  t.end();
});

t.test("a path is a directory, something else, or not there", (t) => {
  const dir = t.testdir({ file: "", folder: {} });
  t.equal(statHere(`${dir}/folder`), "directory");
  t.equal(statHere(`${dir}/file`), "other");
  t.equal(statHere(`${dir}/none`), undefined);
  t.equal(thisMachine().stat(`${dir}/file/below`), undefined);
  t.equal(thisMachine().stat(`${dir}/\0`), undefined);
  t.end();
});

t.test("for a log of another machine, a path that is not here is taken for a directory", (t) => {
  const dir = t.testdir({ file: "" });
  t.equal(otherMachine().stat(`${dir}/file`), "other");
  t.equal(otherMachine().stat(`${dir}/none`), "directory");
  t.end();
});
