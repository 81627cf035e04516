import { readFile } from "node:fs/promises";
import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { toldError } from "../../src/services/told-error.ts";

t.test("an error of the system or of the bus is told in words, without a stack", async (t) => {
  const cause = new Error("CONNECTION_REFUSED", { cause: new Error("inner") });
  t.same(toldError(new AuditError(Errno.ECONNREFUSED, "connect", { cause })), {
    code: "ECONNREFUSED",
    message: "ECONNREFUSED: connection refused, connect",
    causes: ["CONNECTION_REFUSED", "inner"],
  });
  const missing = await readFile("/none/such").catch((error: unknown) => error);
  t.same(toldError(missing), {
    code: "ENOENT",
    message: "/none/such: no such file or folder (ENOENT)",
  });
});

t.test("one that nobody has thought of says where, in a line; no error is as it is", async (t) => {
  const told = toldError(new TypeError("x is no function"));
  t.match(told, { message: "x is no function", at: /^[^\n]*told-error\.test\.ts:\d+:\d+\)?$/ });
  t.same(Object.keys(told as object), ["message", "at"], "no stack");
  t.equal(toldError("text"), "text");
});

t.test("a chain of causes has an end", async (t) => {
  const loop = new AuditError(Errno.EIO, "a");
  loop.cause = loop;
  t.equal((toldError(loop) as { causes: string[] }).causes.length, 4);
});
