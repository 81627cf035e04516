import fc from "fast-check";
import t from "tap";
import {
  decodeOwners,
  decodeScopes,
  encodeOwners,
  encodeScopes,
  MAX_SCOPES,
  type ScopeEntry,
} from "../../src/worker/owner-table.ts";

t.test("a table comes back as it went", async (t) => {
  const owners = new Map([
    ["host", { worker: "w-1_a", token: 3 }],
    ["18446744073709551614", { worker: "w-2_b", token: 9 }],
  ]);
  t.same(decodeOwners(encodeOwners({ token: 9, owners })), { token: 9, owners });
});

t.test("scopes come back as they went, and no more than fit into a value", async (t) => {
  const entry = (i: number): ScopeEntry => ({
    scope: String(2n ** 64n - 2n - BigInt(i)),
    name: `n${i}`.padEnd(64, "x"),
    generation: 1,
  });
  const all = Array.from({ length: MAX_SCOPES }, (_, i) => entry(i));
  const bytes = encodeScopes(all);
  t.ok(bytes.length <= 512 * 1024, `${bytes.length} bytes`);
  t.same(decodeScopes(bytes), all);
  t.throws(() => encodeScopes([...all, entry(MAX_SCOPES)]), { code: "ENOSPC" });
  const owners = all.map(({ scope }): [string, { worker: string; token: number }] => [
    scope,
    { worker: "w".repeat(61), token: 1e9 },
  ]);
  const table = encodeOwners({ token: 1e9, owners: new Map(owners) });
  t.ok(table.length <= 512 * 1024, `${table.length} bytes`);
});

t.test("what is no table is refused with what is wrong", async (t) => {
  t.throws(() => decodeOwners(Buffer.from("{")), { code: "EBADMSG", message: /no JSON/ });
  const forged = Buffer.from('{"token":1,"owners":[["*","w_1",1]]}');
  t.throws(() => decodeOwners(forged), { code: "EBADMSG", message: /owners\.0\.0/ });
  const folder = Buffer.from('[{"scope":"1","name":"../x","generation":1}]');
  t.throws(() => decodeScopes(folder), { code: "EBADMSG", message: /0\.name/ });
});

t.test("any bytes are a table or EBADMSG", async (t) => {
  const parse = (bytes: Uint8Array): boolean => {
    for (const decode of [decodeOwners, decodeScopes]) {
      try {
        decode(bytes);
      } catch (error) {
        if ((error as { code?: string }).code !== "EBADMSG") return false;
      }
    }
    return true;
  };
  const bytes = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from));
  t.doesNotThrow(() => fc.assert(fc.property(bytes, parse)));
});
