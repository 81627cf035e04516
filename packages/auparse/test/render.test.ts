import { AuditParser, type RenderOptions, renderEvent } from "@cauditd/auparse";
import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { log } from "./records.ts";

function render(text: string, options?: RenderOptions): string {
  const out: string[] = [];
  const parser = new AuditParser((event) =>
    out.push(renderEvent(event, options).toString("latin1")),
  );
  parser.push(Buffer.from(text, "latin1"));
  parser.end();
  return out.join("");
}

const enriched =
  'node=n1 type=PATH msg=audit(1.000:9): item=0 name=2F6120 ouid=0 :9) (9:\x1dOUID="root"';
const cwd = 'node=n1 type=CWD msg=audit(1.000:9): cwd="/9"';

t.test("an event is rendered as its records' lines, byte for byte", async (t) => {
  t.equal(render(log(enriched, cwd)), log(enriched, cwd));
  t.equal(render(log(enriched, cwd), { serial: 9 }), log(enriched, cwd));
});

t.test("a serial with leading zeros is left as it is", async (t) => {
  const text = log("type=CWD msg=audit(1.000:0007): a=1");
  t.equal(render(text), text);
  t.equal(render(text, { serial: 8 }), log("type=CWD msg=audit(1.000:8): a=1"));
});

t.test("another serial replaces the digits of the stamp and nothing else", async (t) => {
  const stamped = (text: string): string => text.replace("(1.000:9)", "(1.000:4294967295)");
  t.equal(render(log(enriched, cwd), { serial: 4294967295 }), log(stamped(enriched), stamped(cwd)));
  t.equal(render(log(cwd), { serial: 0 }), log(cwd.replace("(1.000:9)", "(1.000:0)")));
});

t.test("CR LF ends in LF alone", async (t) => {
  t.equal(render(`${cwd}\r\n`), log(cwd));
});

t.test(
  "records are put in where they shall stand, with node, time and serial of the event",
  async (t) => {
    const add = [
      { type: RecordType.CONTAINER_ID, body: "record=1 contid=7", before: 1 },
      { type: RecordType.CWD, body: "last", before: 99 },
      { type: RecordType.CWD, body: "first", before: 0 },
      { type: RecordType.CWD, body: "last too", before: 2 },
    ];
    t.equal(
      render(log(enriched, cwd), { add, serial: 12 }),
      log(
        "node=n1 type=CWD msg=audit(1.000:12): first",
        enriched.replace("000:9", "000:12"),
        "node=n1 type=CONTAINER_ID msg=audit(1.000:12): record=1 contid=7",
        cwd.replace("000:9", "000:12"),
        "node=n1 type=CWD msg=audit(1.000:12): last",
        "node=n1 type=CWD msg=audit(1.000:12): last too",
      ),
    );
    t.equal(
      render("type=CWD msg=audit(1.007:5): a\n", { add: [{ type: 1597, body: "b=1", before: 0 }] }),
      log("type=UNKNOWN[1597] msg=audit(1.007:5): b=1", "type=CWD msg=audit(1.007:5): a"),
    );
  },
);

t.test("records that are left out leave the others as they are", async (t) => {
  t.equal(render(log(enriched, cwd), { leaveOut: (index) => index === 0 }), log(cwd));
  t.equal(render(log(enriched, cwd), { leaveOut: () => true }), "");
  const add = [{ type: RecordType.CWD, body: "in its place", before: 0 }];
  t.equal(
    render(log(cwd), { add, leaveOut: () => true }),
    log("node=n1 type=CWD msg=audit(1.000:9): in its place"),
  );
});
