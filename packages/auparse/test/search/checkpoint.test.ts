import fc from "fast-check";
import t from "tap";
import {
  CheckpointFilter,
  formatCheckpoint,
  parseCheckpoint,
} from "../../src/search/checkpoint.ts";
import { line } from "../records.ts";
import { eventOf } from "./search-events.ts";

const point = {
  device: 0x803,
  inode: 7,
  node: "",
  sec: 1700000000,
  milli: 100,
  serial: 5,
  type: 1307,
};
const at = (serial: number, sec: number): ReturnType<typeof eventOf> =>
  eventOf(line({ serial, sec }));

t.test("a checkpoint is written as ausearch writes it, and read again", async (t) => {
  const text = formatCheckpoint(point);
  t.equal(text, "dev=0x803\ninode=7\noutput=- 1700000000.100:5 0x51B\n");
  t.strictSame(parseCheckpoint(text, "cp"), point);
  const missing = "Missing dev/inode lines from checkpoint file cp";
  t.strictSame(parseCheckpoint("dev=0x1\n", "cp"), { error: missing });
  t.strictSame(parseCheckpoint("x=1\n", "cp"), {
    error: `Unknown checkpoint line - [x=1]\n${missing}`,
  });
  t.match(parseCheckpoint("output=x\n", "cp"), { error: /^Malformed output.* near node - / });
  t.match(parseCheckpoint("inode=010\ndev=0x1F\n", "cp"), { device: 31, inode: 8 });
  t.match(parseCheckpoint("inode=0x10\ndev=1f\n", "cp"), { device: 31, inode: 16 });
});

t.test("events come from behind the checkpoint's own", async (t) => {
  const filter = new CheckpointFilter(point, false);
  t.equal(filter.step(at(4, 1700000000)), "skip");
  t.equal(filter.step(at(5, 1700000000)), "skip");
  t.equal(filter.step(at(6, 1700000000)), "print");
});

t.test("an event that is too young shows that the file is another one", async (t) => {
  t.equal(new CheckpointFilter(point, false).step(at(9, 1700000003)), "corrupt");
  t.equal(new CheckpointFilter(point, true).step(at(9, 1700000003)), "print");
  t.equal(new CheckpointFilter(undefined, false).step(at(1, 1)), "print");
});

t.test("a file of any text is a checkpoint, or says what is wrong with it", async (t) => {
  const whole = formatCheckpoint(point);
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.tuple(fc.nat(whole.length), fc.string()).map(([at, more]) => {
      return whole.slice(0, at) + more + whole.slice(at);
    }),
    fc
      .array(fc.constantFrom("dev=", "inode=", "output=", "0x7", "-", " 1.2:3 0x1\n", "9", "\n"))
      .map((parts) => parts.join("")),
  );
  const property = fc.property(text, (text) => {
    const read = parseCheckpoint(text, "x");
    if ("error" in read) return read.error.length > 0;
    const { device, inode, sec, milli, serial, type } = read;
    return [device, inode, sec, milli, serial, type].every((number) => number >= 0);
  });
  t.doesNotThrow(() => fc.assert(property));
});
