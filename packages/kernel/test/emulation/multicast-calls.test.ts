import t from "tap";
import { heard, joinMulticast, leaveMulticast } from "../../src/emulation/multicast-calls.ts";
import { exit, syscall, unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, recordsOf, said } from "./host.ts";

t.test("CID-108: listeners of the host hear all, those of a container its own scope", async (t) => {
  const kernel = emulate();
  const one = contained(kernel, 1n);
  unshare(kernel, one, "user");
  const two = contained(kernel, 2n);
  const host = child(kernel);
  t.equal(said(joinMulticast(kernel, host, undefined)), "ok");
  t.equal(said(joinMulticast(kernel, one, undefined)), "EPERM");
  t.equal(said(joinMulticast(kernel, one, 2n)), "EPERM");
  t.equal(said(joinMulticast(kernel, one, 1n)), "ok");
  t.match(recordsOf(kernel, "EVENT_LISTENER", 1n)[0], / nl-mcgrp=1 op=connect res=0$/);
  heard(kernel, host);
  syscall(kernel, two, { number: 39, exit: 0 });
  t.same(heard(kernel, one), []);
  t.equal(heard(kernel, host)?.length, 3);
  syscall(kernel, one, { number: 39, exit: 0 });
  t.equal(heard(kernel, one)?.length, 3);
  t.equal(said(leaveMulticast(kernel, one)), "ok");
  t.equal(said(leaveMulticast(kernel, one)), "ENOENT");
  t.equal(heard(kernel, one), undefined);
});

t.test("CID-108: who exits listens no more, and its leaving is recorded", async (t) => {
  const kernel = emulate();
  const one = contained(kernel, 1n);
  const listener = child(kernel, one);
  joinMulticast(kernel, listener, 1n);
  const before = heard(kernel, listener)?.length;
  joinMulticast(kernel, listener, 1n);
  t.equal(before, 0);
  t.equal(heard(kernel, listener)?.length, 1, "a second join loses nothing");
  exit(kernel, listener);
  t.equal(heard(kernel, listener), undefined);
  t.match(recordsOf(kernel, "EVENT_LISTENER", 1n).at(-1), / op=disconnect res=1$/);
});
