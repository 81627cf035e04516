import t from "tap";
import { exit } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate } from "../emulation/host.ts";

t.test(
  "CID-26, CID-34, CID-36: births and exits are counted; the last exit frees the contid",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 7n);
    const b = child(kernel, a);
    t.equal(kernel.containers.find(7n)?.members.size, 2);
    exit(kernel, b);
    t.equal(kernel.containers.dropped, 0);
    exit(kernel, a);
    t.equal(kernel.containers.dropped, 1);
    t.equal(kernel.containers.find(7n), undefined);
    t.equal(contained(kernel, 7n).container?.generation, 2);
  },
);

t.test("CID-46: its parent is the container of who registered it", async (t) => {
  const kernel = emulate();
  const b = contained(kernel, 1n);
  const c = contained(kernel, 4n, b);
  t.equal(c.container?.parent, b.container);
  t.same(c.chain, [4n, 1n]);
  t.equal(b.container?.parent, undefined);
});

t.test("a container is kept while another one is nested in it, and freed with that", async (t) => {
  const kernel = emulate();
  const b = contained(kernel, 1n);
  const c = contained(kernel, 4n, b);
  const d = contained(kernel, 5n, c);
  exit(kernel, b);
  exit(kernel, c);
  t.same(
    kernel.containers.all().map(({ contid }) => contid),
    [1n, 4n, 5n],
  );
  exit(kernel, d);
  t.same(kernel.containers.all(), []);
  t.equal(kernel.containers.created, kernel.containers.dropped);
});

t.test("a hold keeps a contid from being freed", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 7n);
  const { container } = a;
  if (container === undefined) throw new Error("no container");
  kernel.containers.hold(container);
  exit(kernel, a);
  t.equal(kernel.containers.find(7n), container);
  kernel.containers.release(container);
  t.equal(kernel.containers.find(7n), undefined);
});
