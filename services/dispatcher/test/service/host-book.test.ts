import { type KeyStore, MemoryKeys, SCOPES_KEY } from "@cauditd/bus";
import { decodeScopes } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { HostBook } from "../../src/service/host-book.ts";

const HOST = { scope: "host", name: "host", generation: 1 };
const WEB = { name: "web", contid: "4", pid: 10, generation: 1, live: true, tasks: [] };

t.test("each life has a higher number, whatever the clock says", async (t) => {
  const store = new MemoryKeys().open();
  const lives = [];
  for (const now of [1000, 900, 2000]) lives.push((await HostBook.open(store, () => now)).epoch);
  t.same(lives, ["1000", "1001", "2000"]);
});

t.test("a life finds what the one before has written", async (t) => {
  const store = new MemoryKeys().open();
  const first = await HostBook.open(store, () => 1);
  t.same(first.registered, []);
  t.same(first.sourceOf("log"), { id: "log", stored: new Map(), cuts: [] });
  await first.write([WEB], [HOST]);
  await first.write([], [HOST]);
  await first.write([WEB], [HOST, { scope: "4", name: "web", generation: 1 }]);
  const source = { id: "log", stored: new Map([["host", 7]]), cuts: [100, 300] };
  await first.writeSource(source);
  t.equal(decodeScopes((await store.get(SCOPES_KEY))?.value ?? new Uint8Array(0)).length, 2);
  const next = await HostBook.open(store, () => 1);
  t.same(next.registered, [WEB]);
  t.same(next.sourceOf("log"), source);
  t.same(next.sourceOf("another").stored, new Map());
});

t.test("a dispatcher that has been replaced writes nothing more", async (t) => {
  const store = new MemoryKeys().open();
  const first = await HostBook.open(store, () => 1);
  await first.write([WEB], [HOST]);
  const next = await HostBook.open(store, () => 1);
  await t.rejects(first.write([], []), { code: "EOWNERDEAD" });
  await t.rejects(first.writeSource({ id: "a", stored: new Map(), cuts: [] }), {
    code: "EOWNERDEAD",
  });
  await t.rejects(first.check(), { code: "EOWNERDEAD" });
  await next.check();
  await next.write([], [HOST]);
  t.equal(decodeScopes((await store.get(SCOPES_KEY))?.value ?? new Uint8Array(0)).length, 1);
});

t.test("a write without an answer can be made again", async (t) => {
  const store = new MemoryKeys().open();
  let silent = false;
  const mute: KeyStore = {
    get: (key) => store.get(key),
    keys: () => store.keys(),
    create: (key, value) => store.create(key, value),
    remove: (key, revision) => store.remove(key, revision),
    close: () => store.close(),
    update: async (key, value, revision) => {
      const next = await store.update(key, value, revision);
      if (silent) throw new AuditError(Errno.ETIMEDOUT, "update");
      return next;
    },
  };
  const book = await HostBook.open(mute, () => 1);
  await book.write([], [HOST]);
  silent = true;
  await t.rejects(book.write([WEB], [HOST]), { code: "ETIMEDOUT" });
  silent = false;
  await book.write([WEB], [HOST]);
  t.same((await HostBook.open(store, () => 1)).registered, [WEB]);
});

t.test("a book of any bytes is read, or EBADMSG names the key", async (t) => {
  const value = fc.oneof(
    fc.uint8Array(),
    fc.json().map(Buffer.from),
    fc.integer().map((life) => Buffer.from(JSON.stringify({ life }))),
    fc.array(fc.jsonValue()).map((all) => Buffer.from(JSON.stringify([WEB, ...all]))),
  );
  const key = fc.constantFrom("dispatcher", "registered", "source");
  await fc.assert(
    fc.asyncProperty(key, value, async (key, value) => {
      const store = new MemoryKeys().open();
      await store.create(key, value);
      try {
        const book = await HostBook.open(store, () => 1);
        t.ok(Number(book.epoch) >= 1);
      } catch (error) {
        t.match(error, { code: "EBADMSG", message: new RegExp(key) });
      }
    }),
  );
});
