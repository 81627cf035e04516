import t from "tap";
import { bpf, listener, programObject } from "../../src/normalize/program-object.ts";
import { call, part, working } from "./events.ts";

t.test("a program that ran is the object, or the script of a shell", async (t) => {
  const of = (exe: string): string | undefined => {
    const work = working([call(105, { comm: '"s.sh"', exe })]);
    programObject(work);
    return part(work, "object");
  };
  t.same([of('"/bin/su"'), of('"/usr/bin/sh"')], ["/bin/su", "s.sh"]);
});

t.test("programs in the kernel are loaded or unloaded", async (t) => {
  const of = (record: string): (string | undefined)[] => {
    const work = working([record]);
    return [bpf(work), part(work, "object"), work.form.objectKind];
  };
  t.same(of("BPF prog-id=5 op=LOAD"), ["loaded-bpf-program", "5", "process"]);
  t.same(of("BPF prog-id=5 op=UNLOAD")[0], "unloaded-bpf-program");
  t.same(of("BPF prog-id=5")[0], "bpf-program");
});

t.test("readers of the multicast group come and go", async (t) => {
  const of = (record: string): string => listener(working([record]));
  t.equal(of("EVENT_LISTENER nl-mcgrp=1 op=connect"), "connected-to");
  t.equal(of("EVENT_LISTENER nl-mcgrp=1 op=disconnect"), "disconnected-from");
  t.equal(of("EVENT_LISTENER nl-mcgrp=1"), "connected");
});
