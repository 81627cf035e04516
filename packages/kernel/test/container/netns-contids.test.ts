import t from "tap";
import { exit, setns, unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate } from "../emulation/host.ts";

t.test(
  "CID-65: fork adds, exit takes, unshare and setns move; at 0 the entry is gone",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    const { container, netns } = a;
    if (container === undefined) throw new Error("no container");
    const count = (): number => kernel.netns.count(netns, container);
    const b = child(kernel, a);
    t.equal(count(), 2);
    unshare(kernel, b, "net");
    t.equal(count(), 1);
    t.equal(kernel.netns.count(b.netns, container), 1);
    setns(kernel, b, "net", a);
    t.equal(count(), 2);
    exit(kernel, b);
    exit(kernel, a);
    t.equal(count(), 0);
    t.equal(kernel.netns.size(netns), 0);
    t.same(kernel.netns.chains(netns), []);
  },
);

t.test("CID-66: a nesting set moves the entry", async (t) => {
  const kernel = emulate();
  const b = contained(kernel, 1n);
  const outer = b.container;
  if (outer === undefined) throw new Error("no container");
  const c = contained(kernel, 4n, b);
  t.equal(kernel.netns.count(b.netns, outer), 1);
  t.same(kernel.netns.chains(c.netns), [[1n], [4n, 1n]]);
});
