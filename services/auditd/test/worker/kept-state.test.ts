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

const made = (id: string, body = "op=set res=1") => {
  const answer = { errno: 0, value: 0, records: [{ type: 1305, body }], refused: -1 };
  return { id, digest: `digest of ${id}`, answer };
};

t.test("answers are kept with the state, the newest of them", async (t) => {
  const store = new MemoryKeys().open();
  const state = stateOf(new Instance("4"));
  const first = await KeptState.take(store, AT);
  for (let i = 1; i <= 70; i++) await first.keep(state, made(`id${i}`));
  await first.keep(state);
  const next = await KeptState.take(store, AT);
  t.same(next.answered("id70"), made("id70"));
  t.same(next.answered("id7"), made("id7"));
  t.equal(next.answered("id6"), undefined, "64 of them");
  const large = made("large", "x".repeat(100_000));
  await next.keep(state, large);
  t.same(next.answered("large"), large);
  t.ok(next.answered("id70"));
  await next.keep(state, made("other", "x".repeat(100_000)));
  t.equal(next.answered("large"), undefined, "and no more than so many bytes");
  await next.keep(state, made("huge", "x".repeat(200_000)));
  t.equal(next.answered("huge"), undefined);
  const anew = await KeptState.take(store, { ...AT, generation: 3 });
  t.equal(anew.answered("other"), undefined, "another life has answered nothing");
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
