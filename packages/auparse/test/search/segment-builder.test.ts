import t from "tap";
import { RecordLines } from "../../src/search/record-lines.ts";
import { decodeSegment, type Segment } from "../../src/search/segment.ts";
import { SegmentBuilder } from "../../src/search/segment-builder.ts";
import { line, log } from "../records.ts";

function build(text: string): Segment {
  const builder = new SegmentBuilder(100);
  const lines = new RecordLines(
    (head, buf, start, end, offset) => builder.add(head, buf, start, end, offset),
    100,
  );
  lines.push(Buffer.from(text, "latin1"));
  lines.end();
  const segment = decodeSegment(builder.encode(100 + text.length));
  if (segment === undefined) throw new Error("no segment");
  return segment;
}

t.test("records of one event that stand together are one run", async (t) => {
  const call = line({ type: "SYSCALL", serial: 1 });
  const path = line({ type: "PATH", serial: 1 });
  const other = line({ type: "SYSCALL", serial: 2, node: "n" });
  const { columns, nodes } = build(log(call, "garbage", path, other, path));
  t.strictSame([...columns.serial], [1, 2, 1]);
  t.strictSame([...columns.type], [1300, 1300, 1302]);
  t.equal(columns.length[0], call.length + 9 + path.length);
  t.equal(columns.offset[1], call.length + 10 + path.length);
  t.strictSame(nodes, ["", "n"]);
});

t.test("records that are events of their own, or end one, are runs of their own", async (t) => {
  const login = line({ type: "LOGIN", serial: 1 });
  const call = line({ type: "SYSCALL", serial: 1 });
  const eoe = line({ type: "EOE", serial: 1, body: "" });
  t.strictSame(
    [...build(log(login, login, call, eoe, call)).columns.type],
    [1006, 1006, 1300, 1320, 1300],
  );
});
