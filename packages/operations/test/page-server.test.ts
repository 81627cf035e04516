import t from "tap";
import { servePages } from "../src/page-server.ts";
import { processStats } from "./process-stats.ts";

t.test("the pages tell of counts, of life, and of what is wrong", async (t) => {
  let stats = processStats();
  const server = await servePages("127.0.0.1:0", () => stats);
  t.teardown(() => server.close());
  const at = (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
  const metrics = await at("/metrics");
  t.equal(metrics.status, 200);
  t.match(await metrics.text(), /^cauditd_ready 1$/m);
  t.match([(await at("/healthz")).status, (await at("/readyz")).status], [200, 200]);
  stats = processStats({ problems: ["NATS is away", "web: no space"] });
  const ready = await at("/readyz");
  t.equal(ready.status, 503);
  t.equal(await ready.text(), "NATS is away\nweb: no space\n");
  t.equal((await at("/healthz")).status, 200, "it lives, and need not be started again");
  t.equal((await at("/secret")).status, 404);
  t.equal((await at("/metrics", { method: "POST" })).status, 405);
});

t.test("an address that is none is refused, and one that is taken", async (t) => {
  for (const listen of [
    "",
    "9464",
    "localhost",
    "localhost:",
    "a b:1",
    "localhost:65536",
    "::1:9",
  ]) {
    await t.rejects(servePages(listen, processStats), { code: "EINVAL" }, listen);
  }
  const server = await servePages("[::1]:0", processStats);
  t.teardown(() => server.close());
  await t.rejects(servePages(`[::1]:${server.port}`, processStats), { code: "EADDRINUSE" });
});
