import { Header, HeaderState, MAX_NODE_BYTES, scanHeader } from "@cauditd/auparse";
import { RecordType } from "@cauditd/libaudit";
import t from "tap";

function scan(text: string): { state: HeaderState; head: Header; body: string; serial: string } {
  const head = new Header();
  // Text around the line shows that nothing outside of it is looked at.
  const buf = Buffer.from(`node=${text}node=x type=CWD msg=audit(1.000:1): `, "latin1");
  const state = scanHeader(buf, 5, 5 + text.length, head);
  return {
    state,
    head,
    body: buf.toString("latin1", head.body, 5 + text.length),
    serial: buf.toString("latin1", head.serialStart, head.serialEnd),
  };
}

t.test(
  "AUD-120: a head gives type, second, millisecond, serial and where the body begins",
  async (t) => {
    const { state, head, body, serial } = scan("type=CWD msg=audit(1700000000.007:42): cwd=x");
    t.equal(state, HeaderState.ok);
    t.equal(head.type, RecordType.CWD);
    t.equal(head.sec, 1700000000);
    t.equal(head.milli, 7);
    t.equal(head.serial, 42);
    t.equal(head.nodeStart, head.nodeEnd);
    t.equal(body, "cwd=x");
    t.equal(serial, "42");
  },
);

t.test("AUD-139: node=N stands in front of type=", async (t) => {
  const { state, head } = scan("node=my-node.example.org type=CWD msg=audit(1.000:1): a=1");
  t.equal(state, HeaderState.ok);
  t.equal(head.nodeEnd - head.nodeStart, "my-node.example.org".length);
  t.equal(head.type, RecordType.CWD);
});

t.test("AUD-138: UNKNOWN[n] is type n, and a name that is not known is type 0", async (t) => {
  t.equal(scan("type=UNKNOWN[1399] msg=audit(1.000:1): a").head.type, 1399);
  t.equal(scan("type=UNKNOWN[4294967295] msg=audit(1.000:1): a").head.type, 4294967295);
  const { state, head } = scan("type=SOMETHING_NEW2 msg=audit(1.000:1): a");
  t.equal(state, HeaderState.ok);
  t.equal(head.type, 0);
});

t.test("the body may be empty, and only one blank in front of it is cut", async (t) => {
  t.equal(scan("type=EOE msg=audit(1.000:1):").body, "");
  t.equal(scan("type=EOE msg=audit(1.000:1): ").body, "");
  t.equal(scan("type=EOE msg=audit(1.000:1):a").body, "a");
  t.equal(scan("type=EOE msg=audit(1.000:1):  a").body, " a");
});

t.test("every beginning of a head is truncated, none is more", async (t) => {
  const whole = "node=n1 type=SYSCALL msg=audit(1700000000.123:4294967295):";
  t.equal(scan(whole).state, HeaderState.ok);
  for (let size = 0; size < whole.length; size++) {
    t.equal(scan(whole.slice(0, size)).state, HeaderState.truncated, whole.slice(0, size));
  }
});

t.test("what does not begin as a record is garbage", async (t) => {
  const texts = [
    "garbage line",
    " type=CWD msg=audit(1.000:1): a",
    "Type=CWD msg=audit(1.000:1): a",
    "type= msg=audit(1.000:1): a",
    "type=cwd msg=audit(1.000:1): a",
    "type=1300 msg=audit(1.000:1): a",
    "type=UNKNOWN[] msg=audit(1.000:1): a",
    "type=UNKNOWN[-1] msg=audit(1.000:1): a",
    "type=UNKNOWN[4294967296] msg=audit(1.000:1): a",
    "type=UNKNOWN[99999999999] msg=audit(1.000:1): a",
    `type=${"A".repeat(65)} msg=audit(1.000:1): a`,
    "node= type=CWD msg=audit(1.000:1): a",
    "node=a\ttype=CWD msg=audit(1.000:1): a",
    "node=a  type=CWD msg=audit(1.000:1): a",
    "node=a b type=CWD msg=audit(1.000:1): a",
    "nodetype=CWD msg=audit(1.000:1): a",
    `node=${"n".repeat(MAX_NODE_BYTES + 1)} type=CWD msg=audit(1.000:1): a`,
  ];
  for (const text of texts) t.equal(scan(text).state, HeaderState.garbage, text);
});

t.test("a node name of the longest length is taken", async (t) => {
  const name = "n".repeat(MAX_NODE_BYTES);
  t.equal(scan(`node=${name} type=CWD msg=audit(1.000:1): a`).state, HeaderState.ok);
});

t.test(
  "a node name that holds node= is a torn line and the next one, an equals sign is not",
  async (t) => {
    t.equal(scan("node=n1node=n2 type=CWD msg=audit(1.000:1): a").state, HeaderState.garbage);
    t.equal(scan("node=node=n2 type=CWD msg=audit(1.000:1): a").state, HeaderState.garbage);
    t.equal(scan("node=a=b=ode= type=CWD msg=audit(1.000:1): a").state, HeaderState.ok);
  },
);

t.test(
  "AUD-120: milliseconds have three digits, seconds and serial are 32 bits wide",
  async (t) => {
    const good = ["0.000:0", "4294967295.999:4294967295", "0000000001.000:0000000001"];
    for (const stamp of good) {
      t.equal(scan(`type=CWD msg=audit(${stamp}): a`).state, HeaderState.ok, stamp);
    }
    t.equal(scan("type=CWD msg=audit(4294967295.999:4294967295): a").head.sec, 4294967295);
    t.equal(scan("type=CWD msg=audit(1.000:0000000001): a").head.serial, 1);
    const bad = [
      ".000:1",
      "x.000:1",
      "-1.000:1",
      "4294967296.000:1",
      "00000000001.000:1",
      `${"9".repeat(400)}.000:1`,
      "1,000:1",
      "1.00:1",
      "1.0000:1",
      "1.+00:1",
      "1.000",
      "1.000 1",
      "1.000:",
      "1.000:x",
      "1.000:-1",
      "1.000:4294967296",
      "1.000:00000000001",
      `1.000:${"9".repeat(400)}`,
      "1.000:1 ",
    ];
    for (const stamp of bad) {
      t.equal(scan(`type=CWD msg=audit(${stamp}): a`).state, HeaderState.stamp, stamp);
    }
    t.equal(scan("type=CWD msg=audit(1.000:1) a").state, HeaderState.stamp);
    t.equal(scan("type=CWD MSG=audit(1.000:1): a").state, HeaderState.stamp);
    t.equal(scan("type=CWD\tmsg=audit(1.000:1): a").state, HeaderState.stamp);
  },
);
