import t from "tap";
import { setContid } from "../../src/emulation/contid-calls.ts";
import { child, contained, emulate, said } from "./host.ts";

t.test("CID-48: without limits containers nest a hundred deep", async (t) => {
  const kernel = emulate();
  let task = kernel.init;
  for (let contid = 1n; contid <= 100n; contid++) task = contained(kernel, contid, task);
  t.equal(task.chain.length, 100);
  t.equal(new Set(task.chain).size, 100, "CID-47: no contid comes twice");
});

t.test("CID-49: limits, when they are set", async (t) => {
  const kernel = emulate();
  t.notOk(kernel.setLimits({ depth: 5, netns: 100 }));
  t.same(kernel.limits, {});
  t.ok(kernel.setLimits({ depth: 2, netns: 200 }));
  const inner = contained(kernel, 2n, contained(kernel, 1n));
  const task = child(kernel, inner);
  t.equal(said(setContid(kernel, { task, text: "3", by: inner })), "EMLINK");
});

t.test("time is the clock's, and never before the epoch", async (t) => {
  t.equal(emulate({ now: () => 5.9 }).now(), 5);
  t.equal(emulate({ now: () => -1 }).now(), 0);
});
