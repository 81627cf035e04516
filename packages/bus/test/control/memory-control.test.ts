import { memoryTransport } from "@cauditd/bus";
import t from "tap";
import { deskOf, request, TestClock } from "./clock.ts";

t.test("requests in the process pass the same checks, byte by byte", async (t) => {
  const clock = new TestClock();
  const desk = deskOf(async ({ principal }) => principal, clock);
  const transport = memoryTransport(desk, "web");
  const send = async (bytes: Uint8Array): Promise<unknown> =>
    JSON.parse(Buffer.from(await transport.send("set", bytes, 1000)).toString());
  t.same(await send(request("a", clock.now + 1)), { errno: 0, result: "web" });
  t.match(await send(Buffer.from("no json")), { errno: 22 });
  t.match(await send(request("b", clock.now)), { errno: 110 });
  await transport.close();
});
