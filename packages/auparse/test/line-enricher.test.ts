import { readFileSync } from "node:fs";
import { LineEnricher, type NameSource } from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";

const GOLDEN = new URL("../../../test/golden/auditd/", import.meta.url);
const NAMES: NameSource = {
  user: (uid) => (uid === 1000 ? "cloudsdk" : undefined),
  group: () => undefined,
};

function golden(path: string): string {
  return readFileSync(new URL(path, GOLDEN), "latin1");
}

/** A log as it was before auditd enriched it. */
function raw(text: string): string {
  const lines = text.split("\n");
  return lines.map((line) => line.split("\x1d")[0]).join("\n");
}

function enriched(text: string, names: NameSource = NAMES): string {
  return new LineEnricher({ names }).render(Buffer.from(text, "latin1")).toString("latin1");
}

t.test("AUD-140, AUD-141, AUD-142: what auditd 3.0.9 wrote, byte for byte", async (t) => {
  for (const path of [
    "w2/audit.log",
    "w4_ENRICHEDNONE/audit.log",
    "w4_ENRICHEDNONE/audit.log.1",
    "w_ENRICHED_NONE/audit.log",
    "w_ENRICHED_NONE/audit.log.1",
    "w_ENRICHED_USER/audit.log",
    "w_ENRICHED_USER/audit.log.1",
  ]) {
    const text = golden(path);
    t.match(text, "\x1d");
    t.equal(enriched(raw(text)), text, path);
  }
});

t.test("AUD-139: the node stands in front of lines that have none", async (t) => {
  const text = golden("w_ENRICHED_USER/audit.log.1");
  const bare = Buffer.from(raw(text).replace(/^node=mynode /gm, ""), "latin1");
  const enricher = new LineEnricher({ node: "mynode", names: NAMES });
  t.equal(enricher.render(bare).toString("latin1"), text);
  t.equal(enricher.render(Buffer.from(text, "latin1")).toString("latin1"), text, "once only");
  const node = new LineEnricher({ node: "mynode" });
  t.equal(node.render(bare).toString("latin1"), raw(text));
});

t.test("a name that is no plain word is written as hex", async (t) => {
  const names = { user: () => "a b", group: () => "x" };
  t.equal(
    enriched("type=PATH msg=audit(1.000:1): ouid=5 ogid=5\n", names),
    'type=PATH msg=audit(1.000:1): ouid=5 ogid=5\x1dOUID=612062 OGID="x"\n',
  );
});

t.test("a line does not grow beyond auditd's longest", async (t) => {
  const head = "type=USER msg=audit(1.000:1): pid=1 uid=0 auid=0 msg='";
  for (const room of [0, 24, 30, 40]) {
    const line = `${head}${"x".repeat(8969 - room - head.length)}`;
    const text = enriched(`${line}\n`);
    t.ok(text.length <= 8970 && text.startsWith(line), `${room}`);
    t.equal(text.includes("\x1d"), room > 24);
  }
  const long = `${head}${"x".repeat(9000)}\n`;
  t.equal(enriched(long), long);
});

t.test("a line is enriched or not whatever stands in the lines around it", async (t) => {
  const bare = "type=PATH msg=audit(1.000:1): ouid=1000\n";
  const done = `${bare.slice(0, -1)}\x1dOUID="x"\n`;
  const becomes = `${bare.slice(0, -1)}\x1dOUID="cloudsdk"\n`;
  t.equal(enriched(done + bare + done + bare), done + becomes + done + becomes);
  t.equal(enriched(`\x1d junk\n${bare}`), `\x1d junk\n${becomes}`);
});

t.test("what is no record, and what is enriched already, stays as it is", async (t) => {
  for (const text of ["junk uid=0\n", 'type=A msg=audit(1.000:1): uid=0\x1dUID="x"\n', "uid=0"]) {
    t.equal(enriched(text), text);
  }
});

t.test("the bytes of a line never change, whatever they are", async () => {
  const bytes = fc
    .uint8Array({ maxLength: 20 })
    .map((value) => Buffer.from(value).toString("latin1"));
  const field = fc.tuple(
    fc.constantFrom("uid", "arch", "syscall", "saddr", "ogid", "msg", "a0", "id"),
    fc.oneof(bytes, fc.constantFrom("0", "c000003e", "'")),
  );
  const line = fc
    .tuple(fc.constantFrom("SYSCALL", "USER_LOGIN", "SOCKADDR", "AVC"), fc.array(field))
    .map(([type, fields]) => {
      const body = fields.map(([name, value]) => `${name}=${value.replaceAll("\n", "")}`);
      return `type=${type} msg=audit(1.000:1): ${body.join(" ")}`;
    });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
      const given = lines.map((text) => `${text}\n`).join("");
      const got = enriched(given).split("\n").slice(0, -1);
      return lines.every((text, i) => {
        const rest = got[i]?.slice(text.length);
        return got[i]?.startsWith(text) && (rest === "" || rest?.startsWith("\x1d"));
      });
    }),
    { numRuns: 500 },
  );
});
