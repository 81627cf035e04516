import { MemoryKeys } from "@cauditd/bus";
import { Instance, stateOf } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { KeptState } from "../../src/worker/kept-state.ts";

const AT = { scope: "4", generation: 2 };

t.test("what an owner keeps, the next one finds", async (t) => {
  const store = new MemoryKeys().open();
  const first = await KeptState.take(store, AT);
  t.equal(first.state, undefined);
  const state = stateOf(new Instance("4"));
  await first.keep(state);
  await first.keep({ ...state, floor: [] });
  t.same((await KeptState.take(store, AT)).state, state);
});

t.test("an owner that has been replaced keeps nothing more", async (t) => {
  const store = new MemoryKeys().open();
  const first = await KeptState.take(store, AT);
  await KeptState.take(store, AT);
  await t.rejects(first.keep(stateOf(new Instance("4"))), { code: "ESTALE" });
});

t.test("CID-104: another life of the scope begins as the configuration says", async (t) => {
  const store = new MemoryKeys().open();
  const first = await KeptState.take(store, AT);
  t.notOk(first.succeeds);
  await first.keep(stateOf(new Instance("4")));
  const next = await KeptState.take(store, { ...AT, generation: 3 });
  t.ok(next.succeeds);
  t.equal(next.state, undefined);
});

t.test("any bytes are a state or EBADMSG", async (t) => {
  const bytes = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from));
  const property = fc.asyncProperty(bytes, async (value) => {
    const store = new MemoryKeys().open();
    await store.create("4", value);
    const error = await KeptState.take(store, AT).then(
      () => undefined,
      (error: { code?: string }) => error,
    );
    return error === undefined || error.code === "EBADMSG";
  });
  await t.resolves(fc.assert(property));
});
