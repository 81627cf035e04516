import { decodeScopes, encodeScopes, MAX_SCOPES, type ScopeEntry } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

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
});

t.test("what is no list of scopes is refused with what is wrong", async (t) => {
  const refused: readonly [string, RegExp][] = [
    ["{", /no JSON/],
    ["{}", /expected a list/],
    ['[{"scope":"*","name":"a","generation":1}]', /0\.scope: expected host or a contid/],
    ['[{"scope":"1","name":"../x","generation":1}]', /0\.name/],
    ['[{"scope":"1","name":"a","generation":0}]', /0\.generation: expected an integer from 1/],
    ['[{"scope":"1","name":"a","generation":1,"pid":1}]', /0\.pid: expected no such field/],
    ["[null]", /0\.scope/],
    [JSON.stringify(new Array(MAX_SCOPES + 1).fill(0)), /at most 4096/],
  ];
  for (const [text, message] of refused) {
    t.throws(() => decodeScopes(bytesOf(text)), { code: "EBADMSG", message }, text.slice(0, 60));
  }
});

t.test("any bytes are a list of scopes or EBADMSG", async (t) => {
  const property = fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytesOf)), (bytes) => {
    try {
      decodeScopes(bytes);
      return true;
    } catch (error) {
      return (error as { code?: string }).code === "EBADMSG";
    }
  });
  t.doesNotThrow(() => fc.assert(property));
});
