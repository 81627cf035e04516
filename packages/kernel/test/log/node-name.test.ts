import { nodeName } from "@cauditd/kernel";
import t from "tap";

const NAMES = { hostname: "a vm", canonical: "vm.example.org", address: "127.0.0.1" };

t.test("AUD-139: name_format says which name each record begins with", async (t) => {
  for (const [name_format, node] of [
    ["NONE", undefined],
    ["HOSTNAME", "a_vm"],
    ["USER", "mynode"],
    ["FQD", "vm.example.org"],
    ["NUMERIC", "127.0.0.1"],
  ] as const) {
    t.same(nodeName({ name_format, name: "mynode" }, NAMES), { node }, name_format);
  }
});

t.test("a name that cannot be had is refused in auditd's words", async (t) => {
  t.same(nodeName({ name_format: "USER", name: undefined }, NAMES), {
    refused: "User defined name missing",
  });
  const alone = { hostname: "vm", canonical: undefined, address: undefined };
  for (const name_format of ["FQD", "NUMERIC"] as const) {
    t.same(nodeName({ name_format, name: "x" }, alone), {
      refused: "Cannot resolve hostname vm (Name or service not known)",
    });
  }
});
