import { type KeyStore, MemoryKeys } from "@cauditd/bus";
import t, { type Test } from "tap";
import { keyStoreContract } from "../key-store-contract.ts";

t.test("contract of a key store", async (t) => {
  const shared = new Map<Test, MemoryKeys>();
  keyStoreContract(t, async (t): Promise<KeyStore> => {
    const keys = shared.get(t) ?? new MemoryKeys();
    shared.set(t, keys);
    return keys.open();
  });
});

t.test("a key that is not written again within its time to live is gone", async (t) => {
  let now = 0;
  const keys = new MemoryKeys({ ttl: 100, now: () => now });
  const store = keys.open();
  const first = await store.create("a", new Uint8Array(1));
  now = 99;
  const second = await store.update("a", new Uint8Array(1), first);
  now = 198;
  t.same(await store.keys(), ["a"]);
  now = 199;
  t.same(await store.keys(), []);
  await t.rejects(store.update("a", new Uint8Array(1), second), { code: "ESTALE" });
  t.ok((await store.create("a", new Uint8Array(1))) > second);
});
