import { queueStats, ScopeQueue } from "@cauditd/dispatcher";
import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { eachEvent, ScriptedBus, userText } from "./records.ts";

t.test("a queue tells what it holds and what has left it", async (t) => {
  const queue = new ScopeQueue("4", new ScriptedBus(), "wait", () => undefined);
  const append = (serial: number): void => {
    eachEvent(userText(serial, 4000), (event) => queue.append(event, ""));
  };
  append(1);
  const counts = { name: "web", scope: "4", lost: 0 };
  t.same(queueStats("web", queue), { ...counts, routed: 1, published: 0, held: 1 });
  await queue.finish();
  t.same(queueStats("web", queue), { ...counts, routed: 1, published: 1, held: 0 });
});

t.test("a bus that takes nothing is told of", async (t) => {
  const bus = new ScriptedBus();
  bus.answer = () => Promise.reject(new AuditError(Errno.ETIMEDOUT, "publish"));
  const queue = new ScopeQueue("4", bus, "wait", () => undefined);
  eachEvent(userText(1, 4000), (event) => queue.append(event, ""));
  await queue.finish();
  t.match(queueStats("web", queue), { held: 1, failure: /^ETIMEDOUT/ });
});
