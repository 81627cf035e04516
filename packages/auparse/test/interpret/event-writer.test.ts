import { type AuditEvent, AuditParser, EventWriter, NO_NAMES } from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";
import { line, log, SYSCALL_BODY } from "../records.ts";

const times = { stamp: (sec: number) => `stamp ${sec}`, ctime: (sec: number) => `ctime ${sec}` };

type Format = "interpreted" | "plain" | "raw";

function printed(format: Format, ...lines: readonly string[]): string {
  const writer = new EventWriter({ names: NO_NAMES, times });
  const parser = new AuditParser((event: AuditEvent) => writer[format](event));
  parser.push(Buffer.from(log(...lines), "latin1"));
  parser.end();
  return writer.out.bytes().toString("latin1");
}

function body(text: string, type = "KERNEL"): string {
  const all = printed("interpreted", line({ type, body: text }));
  return all.slice(all.indexOf(")") + 1, -1);
}

t.test(
  "AUD-151: the records of an event come out last first, in raw output in order",
  async (t) => {
    const lines = [
      line({ type: "SYSCALL", body: SYSCALL_BODY }),
      line({ type: "CWD", body: "cwd=2F6120" }),
    ];
    const head = "msg=audit(stamp 1700000000.100:1)";
    const text = printed("interpreted", ...lines);
    t.match(text, `----\ntype=CWD ${head} : cwd=/a  \ntype=SYSCALL ${head} : arch=x86_64 `);
    t.match(
      text,
      / syscall=execve .* auid=unknown\(1000\) uid=root .* comm=sh exe=\/bin\/sh key=k \n$/,
    );
    t.equal(printed("plain", ...lines), `----\ntime->ctime 1700000000\n${lines[1]}\n${lines[0]}\n`);
    t.equal(printed("raw", ...lines), log(...lines));
  },
);

t.test("a node and a type without a name are kept", async (t) => {
  const one = line({ node: "h", type: "UNKNOWN[3000]", body: "a=1" });
  const expected = "----\nnode=h type=UNKNOWN[3000] msg=audit(stamp 1700000000.100:1) : a=1 \n";
  t.equal(printed("interpreted", one), expected);
  t.match(printed("interpreted", line({ type: "UNKNOWN[1307]" })), "type=CWD msg=");
  t.match(printed("interpreted", line({ type: "UNKNOWN[1399]" })), "type=UNKNOWN[1399] msg=");
});

t.test("AUD-140: what auditd has interpreted is taken over", async (t) => {
  const text = body('uid=1 gid=2 exit=-1\x1dUID=612062 GID="unset"');
  t.equal(text, " : uid=a b gid=unset exit=EPERM(Operation not permitted) ");
  const plain = printed("plain", line({ body: 'cwd="/" uid=1\x1dUID="a"' }));
  t.match(plain, /cwd="\/" uid=1\n$/);
});

t.test("values end at a blank, at a comma outside of a label, and behind quotes", async (t) => {
  t.equal(body("uid=0,gid=0 x=a,b y=1"), " : uid=root gid=root x=a,b y=1 ");
  t.equal(body("z=1 subj=a:b:c0,c1 uid=0"), " : z=1 subj=a:b:c0,c1 uid=root ");
  t.equal(body("z=1 subj=a:b:c0,c1"), " : z=1 subj=a:b:c0,c1 ");
  t.equal(body("pid=1 msg='op=x res=1'", "USER_AUTH"), " : pid=1 msg='op=x res=yes ");
  t.equal(body("a=\"b c\" d='e f' g"), " : a=\"b c\" d='e f' ");
  t.equal(body("acct=bob: x=1"), " : acct=bob x=1 ");
  t.equal(body("uid=0,rest"), " : uid=root rest\n");
  t.equal(body("no fields"), " : no fields\n");
  t.equal(body(""), " : \n");
});

t.test("several keys are several fields", async (t) => {
  t.equal(body("a=1 key=6B31016B32 b=2"), " : a=1 key=k1 key=k2 b=2 ");
  t.equal(body("a=1 key=(null)"), " : a=1 key=(null) ");
});

t.test("of an event that ends with a record of auditd only that one is printed", async (t) => {
  const lines = [line({ type: "CWD" }), line({ type: "DAEMON_END", body: "op=x" })];
  for (const format of ["interpreted", "plain"] as const) {
    const text = printed(format, ...lines);
    t.match(text, "DAEMON_END");
  }
});

t.test("a line is cut where ausearch cuts it", async (t) => {
  const text = body(`a=${"x".repeat(9000)} uid=0`);
  t.notMatch(text, "uid=");
  t.equal(text.length, 8969 - line({ body: "", type: "KERNEL" }).length + 4);
});

t.test("unsafe bytes of any record are escaped, and nothing throws", async (t) => {
  const part = fc.constantFrom(
    ..."=,'\"( {}\x1d\x01\x1b".split(""),
    "uid",
    "key",
    "6B011B",
    "a0",
    "saddr",
    "msg='",
    "-99999999999999999999",
    "proctitle=00",
    "mode",
    "syscall",
  );
  fc.assert(
    fc.property(
      fc.constantFrom("SYSCALL", "KERNEL", "EXECVE", "USER_CMD", "AVC", "SECCOMP", "DAEMON_END"),
      fc.array(part, { maxLength: 40 }),
      (type, parts) => {
        const text = printed("interpreted", line({ type, body: parts.join("") }));
        return text.startsWith("----\n") && text.endsWith("\n");
      },
    ),
  );
  t.pass();
});
