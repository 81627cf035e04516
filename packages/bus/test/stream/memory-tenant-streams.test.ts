import { MemoryTenantStreams } from "@cauditd/bus";
import t from "tap";
import { batchOf, OPTIONS, tenantStreamsContract } from "./contract.ts";

t.test("contract of tenants' streams", async (t) => {
  const shared = new MemoryTenantStreams();
  tenantStreamsContract(t, {
    streams: async () => shared.open(),
    reader: async (_t, scope) => shared.reader(scope),
  });
});

t.test("a batch that is sent again is stored once", async (t) => {
  const shared = new MemoryTenantStreams();
  const writer = await shared.open().open("7", OPTIONS);
  await writer.publish(batchOf(1));
  const reader = shared.reader("7");
  const { last } = await reader.bounds();
  await writer.publish(batchOf(2));
  t.equal((await reader.bounds()).last, last + 1);
  await t.rejects(shared.reader("8").read(1), { code: "ENOENT" });
});
