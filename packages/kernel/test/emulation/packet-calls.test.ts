import t from "tap";
import { packet } from "../../src/emulation/packet-calls.ts";
import { unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records } from "./host.ts";

t.test(
  "CID-64, CID-95: a packet names every container of its namespace, to each scope its part",
  async (t) => {
    const kernel = emulate();
    const one = contained(kernel, 1n);
    const two = contained(kernel, 2n, one);
    contained(kernel, 3n, one);
    const nine = contained(kernel, 9n);
    unshare(kernel, nine, "net");
    for (const contid of [undefined, 1n, 2n, 9n]) records(kernel, contid);
    unshare(kernel, one, "net");
    packet(kernel, two.netns);
    const body = "NETFILTER_PKT mark=0x0 saddr=127.0.0.1 daddr=127.0.0.1 proto=1 record=1";
    t.same(records(kernel), ["CONTAINER_ID record=1 contid=2,^1,3,^1", body]);
    t.same(records(kernel, 1n), ["CONTAINER_ID record=1 contid=2,^1,3,^1", body]);
    t.same(records(kernel, 2n), ["CONTAINER_ID record=1 contid=2", body]);
    t.same(records(kernel, 9n), []);
  },
);

t.test("a namespace without containers: the record alone, for the host alone", async (t) => {
  const kernel = emulate();
  packet(kernel, child(kernel).netns);
  t.same(records(kernel), ["NETFILTER_PKT mark=0x0 saddr=127.0.0.1 daddr=127.0.0.1 proto=1"]);
});
