import { NO_NAMES } from "@cauditd/auparse";
import { Arch } from "@cauditd/libaudit";
import t from "tap";
import { IdTexts, machineOf } from "../../src/interpret/names.ts";

t.test("an ID is asked for once, and root and unset never", async (t) => {
  const asked: number[] = [];
  const texts = new IdTexts((id) => {
    asked.push(id);
    return id === 33 ? "www-data" : id === 34 ? "\xc3\xa9" : undefined;
  });
  t.equal(texts.text(0), "root");
  t.equal(texts.text(0xffff_ffff), "unset");
  for (let i = 0; i < 2; i++) t.equal(texts.text(33), "www-data");
  t.equal(texts.text(34), "\xc3\xa9", "bytes stay bytes");
  t.equal(texts.text(0xffff_fffe), "unknown(-2)");
  t.same(asked, [33, 34, 0xffff_fffe]);
});

t.test("more IDs than are remembered are still named rightly", async (t) => {
  const texts = new IdTexts((id) => `u${id}`);
  for (let id = 1; id < 10_000; id++) if (texts.text(id) !== `u${id}`) t.fail(String(id));
  t.equal(texts.text(1), "u1");
});

t.test("system calls are those of the machine", async (t) => {
  t.equal(machineOf(Arch.X86_64)?.call(59).text, "execve");
  t.equal(machineOf(Arch.I386)?.call(102).multiplexed, "socketcall");
  t.equal(machineOf(Arch.I386)?.call(117).multiplexed, "ipccall");
  t.equal(machineOf(Arch.X86_64)?.call(-1).text, "unknown-syscall(-1)");
  t.equal(machineOf(Arch.PPC64)?.ppc, true);
  t.equal(machineOf(Arch.PPC64LE)?.ppc, false);
  t.equal(machineOf(0xdeadbeef), undefined);
});

t.test("without a source every name is unknown", async (t) => {
  t.equal(NO_NAMES.user(33), undefined);
  t.equal(NO_NAMES.group(33), undefined);
});
