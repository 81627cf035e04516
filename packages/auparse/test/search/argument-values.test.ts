import t from "tap";
import {
  contidOf,
  exitOf,
  isFormat,
  latin1,
  machineNamed,
  signedId,
  validTypes,
} from "../../src/search/argument-values.ts";

t.test("a contid is decimal, hex or negative", async (t) => {
  t.equal(contidOf("42"), 42n);
  t.equal(contidOf("0xFF"), 255n);
  t.equal(contidOf("-2"), 18446744073709551614n);
  for (const text of ["", "x", "1.5", "18446744073709551616"]) {
    t.throws(() => contidOf(text), {
      message: `--contid: expected a container identifier, was ${text}`,
    });
  }
});

t.test("an exit code is a number or an errno", async (t) => {
  t.equal(exitOf("-2"), -2n);
  t.equal(exitOf("-ENOENT"), -2n);
  t.equal(exitOf("EPERM"), 1n);
  for (const text of ["99999999999999999999", "EWHAT"]) t.throws(() => exitOf(text), text);
});

t.test("machines are found by name, width and number", async (t) => {
  const own = 0xc000003e;
  t.equal(machineNamed("X86_64", own), "x86_64");
  t.equal(machineNamed("b64", own), "x86_64");
  t.equal(machineNamed("b32", own), machineNamed("i686", own));
  t.equal(machineNamed("c000003e", own), "x86_64");
  t.equal(machineNamed("foo", own), undefined);
});

t.test("other values are those of C", async (t) => {
  t.equal(signedId("-1"), 0xffffffff);
  t.equal(signedId("1000"), 1000);
  t.equal(latin1("é"), "Ã©");
  t.ok(isFormat("csv"));
  t.notOk(isFormat("json"));
  t.match(validTypes(), /^Valid message types are: ALL USER LOGIN USER_AUTH .* $/);
});
