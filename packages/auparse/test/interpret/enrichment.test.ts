import t from "tap";
import { Enrichment, enrichmentStart } from "../../src/interpret/enrichment.ts";

function find(text: string, name: string): string | undefined {
  const enrichment = new Enrichment();
  const buf = Buffer.from(text, "latin1");
  enrichment.load(buf, 0, buf.length);
  const field = Buffer.from(name, "latin1");
  if (!enrichment.find(field, 0, field.length)) return undefined;
  return buf.toString("latin1", enrichment.valueStart, enrichment.valueEnd);
}

t.test("AUD-140: the value behind an upper-case name is that of the field", async (t) => {
  const text = 'ARCH=x86_64 SYSCALL=openat AUID="root"  UID="a=b" X=';
  t.equal(find(text, "syscall"), "openat");
  t.equal(find(text, "uid"), '"a=b"');
  t.equal(find(text, "x"), "");
  t.equal(find(text, "gid"), undefined);
  t.equal(find(text, "UID"), undefined);
  t.equal(find("word UID=1 UID=2", "uid"), "1", "the first one counts");
});

t.test("a socket address has blanks and stands alone", async (t) => {
  const text = "SADDR={ saddr_fam=inet laddr=::1 lport=80 }";
  t.equal(find(text, "saddr"), text.slice(6));
  t.equal(find(text, "lport"), undefined);
  t.equal(find("SADDR={ saddr_fam=inet", "saddr"), undefined);
});

t.test("what auditd did not know is interpreted after all", async (t) => {
  t.equal(find("SYSCALL=unknown-syscall(999)", "syscall"), undefined);
  t.equal(find('UID="unknown(5)"', "uid"), '"unknown(5)"');
});

t.test("the enrichment begins at the first byte 0x1d", async (t) => {
  const buf = Buffer.from("a=1\x1dA=2\x1d", "latin1");
  t.equal(enrichmentStart(buf, 0, buf.length), 3);
  t.equal(enrichmentStart(buf, 0, 2), 2);
  const enrichment = new Enrichment();
  enrichment.load(buf, 4, 7);
  enrichment.clear();
  t.notOk(enrichment.find(Buffer.from("a"), 0, 1));
});
