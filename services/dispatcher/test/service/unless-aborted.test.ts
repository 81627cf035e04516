import { getEventListeners } from "node:events";
import t from "tap";
import { unlessAborted } from "../../src/service/unless-aborted.ts";

const never = new Promise<void>(() => undefined);
const heard = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

t.test("work that ends leaves nothing with the signal", async (t) => {
  const { signal } = new AbortController();
  await unlessAborted(Promise.resolve(7), signal);
  const failed = new Error("no room");
  await t.rejects(unlessAborted(Promise.reject(failed), signal), failed);
  t.equal(heard(signal), 0);
});

t.test("the signal ends the wait, also one that came before", async (t) => {
  const stop = new AbortController();
  const waiting = unlessAborted(never, stop.signal);
  t.equal(heard(stop.signal), 1);
  stop.abort();
  await waiting;
  await unlessAborted(never, stop.signal);
  await unlessAborted(Promise.reject(new Error("too late")), stop.signal);
  t.equal(heard(stop.signal), 0);
});
