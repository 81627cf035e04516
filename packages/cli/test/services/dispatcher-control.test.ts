// That it needs a server. What it does: test/e2e/services.test.ts.

import { MemoryBus, MemoryKeys } from "@cauditd/bus";
import { DispatcherService, HostBook } from "@cauditd/dispatcher";
import t from "tap";
import { parseConfig } from "../../src/config/config.ts";
import { openDispatcherControl } from "../../src/services/dispatcher-control.ts";
import { fakeIo } from "../fake-io.ts";

t.test("without a server there is no control", async (t) => {
  const principals = "{ ops: { capabilities: all, auid: 1000 } }";
  const text = `control: { socket: false, principals: ${principals} }\n`;
  const config = parseConfig("c.yaml", `logs: l\nsource: { type: stdin }\ncontainers: []\n${text}`);
  const io = fakeIo();
  const service = await DispatcherService.start({
    bus: new MemoryBus({ frames: 1, bytes: 1 }),
    book: await HostBook.open(new MemoryKeys().open(), () => 1),
    source: { run: async () => undefined },
    containers: [],
    told: io.log,
  });
  const requests = {
    of: () => ({
      send: () => Promise.reject(new Error("nobody is asked")),
      close: async () => undefined,
    }),
    close: async () => undefined,
  };
  const server = { url: "nats://127.0.0.1:1", host: "h1", name: "test", inboxPrefix: "_INBOX" };
  const opened = openDispatcherControl({ service, requests }, config, server, io);
  await t.rejects(opened, { code: "ECONNREFUSED" });
});
