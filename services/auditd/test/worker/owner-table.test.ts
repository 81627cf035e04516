import { MAX_SCOPES } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { decodeOwners, encodeOwners } from "../../src/worker/owner-table.ts";
import type { Ownership } from "../../src/worker/placement.ts";

t.test("a table comes back as it went", async (t) => {
  const owners = new Map([
    ["host", { worker: "w-1_a", token: 3 }],
    ["18446744073709551614", { worker: "w-2_b", token: 9 }],
  ]);
  t.same(decodeOwners(encodeOwners({ token: 9, owners })), { token: 9, owners });
});

t.test("the largest table fits into a value", async (t) => {
  const owners = Array.from({ length: MAX_SCOPES }, (_, i): [string, Ownership] => [
    String(2n ** 64n - 2n - BigInt(i)),
    { worker: "w".repeat(61), token: 1e9 },
  ]);
  const table = encodeOwners({ token: 1e9, owners: new Map(owners) });
  t.ok(table.length <= 512 * 1024, `${table.length} bytes`);
});

t.test("what is no table is refused with what is wrong", async (t) => {
  t.throws(() => decodeOwners(Buffer.from("{")), { code: "EBADMSG", message: /no JSON/ });
  const forged = Buffer.from('{"token":1,"owners":[["*","w_1",1]]}');
  t.throws(() => decodeOwners(forged), { code: "EBADMSG", message: /owners\.0\.0/ });
});

t.test("any bytes are a table or EBADMSG", async (t) => {
  const parse = (bytes: Uint8Array): boolean => {
    try {
      decodeOwners(bytes);
      return true;
    } catch (error) {
      return (error as { code?: string }).code === "EBADMSG";
    }
  };
  const bytes = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from));
  t.doesNotThrow(() => fc.assert(fc.property(bytes, parse)));
});
