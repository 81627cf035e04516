import { natsStatsAsker } from "@cauditd/bus";
import t from "tap";
import { startNatsServer } from "../../bus/test/nats-server.ts";
import { openOperations } from "../src/operations.ts";
import { processStats } from "./process-stats.ts";

const who = { role: "node", host: "node1", version: "0.1.0" } as const;

t.test("a process tells of itself on its pages and over NATS", async (t) => {
  const { url } = await startNatsServer(t, { jetstream: false });
  const options = { ...who, listen: "127.0.0.1:0", nats: { url } };
  const operations = await openOperations(options, () => processStats({ pid: 7 }));
  const asker = await natsStatsAsker({ url, host: "node1", roles: ["node"] });
  t.teardown(() => asker.close());
  t.match(await asker.ask(), [{ pid: 7 }]);
  const page = `http://127.0.0.1:${operations.pages?.port}/healthz`;
  t.equal((await fetch(page)).status, 200);
  await operations.close();
  t.same(await asker.ask(), []);
  await t.rejects(fetch(page));
});

t.test("without a server there are no pages either", async (t) => {
  const listen = "127.0.0.1:0";
  const nats = { url: "nats://127.0.0.1:1" };
  await t.rejects(openOperations({ ...who, listen, nats }, processStats), { code: "ECONNREFUSED" });
  const nothing = await openOperations(who, processStats);
  t.equal(nothing.pages, undefined);
  await nothing.close();
});

t.test("a server that goes away makes the process not ready at once, and comes back", async (t) => {
  const server = await startNatsServer(t, { jetstream: false });
  const options = { ...who, listen: "127.0.0.1:0", nats: { url: server.url } };
  const operations = await openOperations(options, () => processStats());
  t.teardown(() => operations.close());
  const page = `http://127.0.0.1:${operations.pages?.port}/readyz`;
  /** Asks until it answers so: nothing tells of the change but the page. */
  const answers = async (status: number): Promise<string> => {
    for (;;) {
      const answer = await fetch(page);
      const text = await answer.text();
      if (answer.status === status) return text;
    }
  };
  t.equal(await answers(200), "ok\n");
  const since = performance.now();
  await server.kill();
  t.equal(await answers(503), "the NATS server does not answer\n");
  t.ok(performance.now() - since < 5000, "before any call has waited for it");
  await server.restart();
  t.equal(await answers(200), "ok\n");
});
