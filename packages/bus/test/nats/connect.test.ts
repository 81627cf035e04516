import { connectNatsBus } from "@cauditd/bus";
import t from "tap";

t.test("connecting loads the client, and tells its errors", async (t) => {
  const limits = { frames: 1, bytes: 1 };
  await t.rejects(connectNatsBus({ url: "nats://127.0.0.1:1", host: "no host", limits }), {
    code: "EINVAL",
  });
  await t.rejects(connectNatsBus({ url: "nats://127.0.0.1:1", host: "h", limits }), {
    code: "ECONNREFUSED",
  });
});
