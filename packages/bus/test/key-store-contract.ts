// What every KeyStore keeps.
import type { KeyStore } from "@cauditd/bus";
import type { Test } from "tap";

/** Opens the same keys once more, as another process would. */
export type OpenKeys = (t: Test) => Promise<KeyStore>;

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

/** Checks the contract. `open` is given a test and opens the keys of that test. */
export function keyStoreContract(t: Test, open: OpenKeys): void {
  t.test("a key is made once, and changes only from the revision that it has", async (t) => {
    const [here, there] = [await open(t), await open(t)];
    t.equal(await here.get("a"), undefined);
    const first = await here.create("a", bytes("1"));
    await t.rejects(there.create("a", bytes("2")), { code: "EEXIST" });
    t.same(await there.get("a"), { value: bytes("1"), revision: first });
    const second = await there.update("a", bytes("2"), first);
    t.ok(second > first);
    await t.rejects(here.update("a", bytes("3"), first), { code: "ESTALE" });
    t.same(await here.get("a"), { value: bytes("2"), revision: second });
  });

  t.test("of many that make or change a key at once, one wins", async (t) => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(t)));
    const made = await Promise.allSettled(stores.map((s, i) => s.create("a", bytes(String(i)))));
    t.equal(made.filter(({ status }) => status === "fulfilled").length, 1);
    const entry = await stores[0]?.get("a");
    const revision = entry?.revision ?? 0;
    const changed = await Promise.allSettled(stores.map((s) => s.update("a", bytes(""), revision)));
    t.equal(changed.filter(({ status }) => status === "fulfilled").length, 1);
  });

  t.test("a removed key is gone, and can be made again with a higher revision", async (t) => {
    const store = await open(t);
    const first = await store.create("a", bytes("1"));
    await store.create("b", bytes(""));
    t.same(await store.keys(), ["a", "b"]);
    await t.rejects(store.remove("a", first + 1000), { code: "ESTALE" });
    await store.remove("a", first);
    t.equal(await store.get("a"), undefined);
    t.same(await store.keys(), ["b"]);
    await t.rejects(store.update("a", bytes("2"), first), { code: "ESTALE" });
    t.ok((await store.create("a", bytes("3"))) > first);
  });

  t.test("a bad key and a value that is too long are refused, and calls after close", async (t) => {
    const store = await open(t);
    for (const key of ["", "a.b", "*", ">", "a b", "x".repeat(65)]) {
      await t.rejects(store.create(key, bytes("")), { code: "EINVAL" }, JSON.stringify(key));
    }
    await t.rejects(store.create("a", new Uint8Array(512 * 1024 + 1)), { code: "EINVAL" });
    await store.create("a", new Uint8Array(512 * 1024));
    await store.close();
    await t.rejects(store.get("a"), { code: "ESHUTDOWN" });
    await t.rejects(store.keys(), { code: "ESHUTDOWN" });
  });
}
