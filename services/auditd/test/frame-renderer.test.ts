import { FrameRenderer } from "@cauditd/auditd";
import { decodeFrame, FrameError } from "@cauditd/bus";
import { Instance } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { encode, type FramedEvent, simpleEvents } from "./frames.ts";

/** Takes every second event only. */
class EverySecond extends Instance {
  #count = 0;

  override offer(): number {
    this.status.enabled = this.#count++ % 2 === 0 ? 0 : 1;
    return super.offer();
  }
}

/** The lines that an instance writes of one frame. */
function render(instance: Instance, events: readonly FramedEvent[]): string[] {
  const frame = decodeFrame(encode(instance.scope, 1, events));
  const text = new FrameRenderer(instance).render(frame).bytes.toString("latin1");
  return text === "" ? [] : text.slice(0, -1).split("\n");
}

/** An instance whose next serial is this one. */
function counting(scope: string, next: number): Instance {
  const instance = new Instance(scope);
  instance.continueFrom(next - 1);
  return instance;
}

const STAMP = "msg=audit(1700000000.123:77)";
const NEW = "msg=audit(1700000000.123:1)";
const CALL = `type=SYSCALL ${STAMP}: arch=c000003e syscall=257 a0=77 pid=77`;
const PATH = `type=PATH ${STAMP}: item=0 name="${STAMP}"`;
const TITLE = `type=PROCTITLE ${STAMP}: proctitle=7368`;

/** The line with the serial of its head replaced. */
function renumbered(line: string, serial: number): string {
  return line.replace(/(msg=audit\(\d+\.\d+):\d+/, `$1:${serial}`);
}

t.test("CID-96: every line is unchanged but for the serial in its head", async (t) => {
  const lines = [CALL, PATH, TITLE];
  t.same(
    render(new Instance("host"), [{ lines }]),
    lines.map((line) => renumbered(line, 1)),
  );
});

t.test("CID-42: a CONTAINER_ID record goes in front of PROCTITLE", async (t) => {
  t.same(render(new Instance("host"), [{ lines: [CALL, PATH, TITLE], chain: "4,^2" }]), [
    renumbered(CALL, 1),
    renumbered(PATH, 1),
    `type=CONTAINER_ID ${NEW}: record=1 contid=4,^2`,
    renumbered(TITLE, 1),
  ]);
});

t.test("CID-63: without PROCTITLE a CONTAINER_ID record goes last", async (t) => {
  const user = `type=USER_CMD ${STAMP}: pid=1 msg='cmd=6964'`;
  t.same(render(new Instance("4"), [{ lines: [user], chain: "4" }]), [
    renumbered(user, 1),
    `type=CONTAINER_ID ${NEW}: record=1 contid=4`,
  ]);
  t.same(render(new Instance("4"), [{ lines: [CALL, PATH], chain: "4" }]), [
    renumbered(CALL, 1),
    renumbered(PATH, 1),
    `type=CONTAINER_ID ${NEW}: record=1 contid=4`,
  ]);
  t.same(render(new Instance("4"), [{ lines: [TITLE], chain: "4" }]), [
    renumbered(TITLE, 1),
    `type=CONTAINER_ID ${NEW}: record=1 contid=4`,
  ]);
});

t.test("CID-60: without a chain there is no CONTAINER_ID record", async (t) => {
  t.same(render(new Instance("host"), [{ lines: [CALL, TITLE] }]), [
    renumbered(CALL, 1),
    renumbered(TITLE, 1),
  ]);
});

t.test("the CONTAINER_ID record has the node of its event", async (t) => {
  for (const node of ["alpha", "n", "a.example.org", "type=", "type=SYSCALL", "n".repeat(255)]) {
    const lines = [`node=${node} ${CALL}`, `node=${node} ${TITLE}`];
    t.same(
      render(new Instance("host"), [{ lines, chain: "4" }]),
      [
        renumbered(lines[0] as string, 1),
        `node=${node} type=CONTAINER_ID ${NEW}: record=1 contid=4`,
        renumbered(lines[1] as string, 1),
      ],
      node,
    );
  }
});

t.test("serials may grow by a digit, and wrap at 2^32", async (t) => {
  for (const next of [1, 9, 99, 999_999_999, 2 ** 32 - 2]) {
    const lines = render(
      counting("host", next),
      simpleEvents(4, 4_294_967_290).map((event) => ({ ...event, chain: "4" })),
    );
    const serials = [0, 1, 2, 3].map((step) => (next + step) % 2 ** 32);
    t.same(
      lines.map((line) => Number(/:(\d+)\)/.exec(line)?.[1])),
      serials.flatMap((serial) => [serial, serial]),
      `from ${next}`,
    );
  }
});

t.test("CID-97: a gap inside a frame's serials is written as it is", async (t) => {
  class Lossy extends Instance {
    override offer(): number {
      this.continueFrom(this.serial + 9);
      return super.offer();
    }
  }
  const serials = render(new Lossy("host"), simpleEvents(12)).map((line) =>
    Number(/:(\d+)\)/.exec(line)?.[1]),
  );
  t.same(
    serials,
    Array.from({ length: 12 }, (_, index) => 10 * (index + 1)),
  );
});

t.test("events that are not recorded leave nothing", async (t) => {
  const off = new Instance("4");
  off.status.enabled = 0;
  t.same(render(off, [{ lines: [CALL, TITLE], chain: "4" }, ...simpleEvents(3)]), []);
  t.match(off.account, { routed: 4, disabled: 4, inFlight: 0 });
  const half = new EverySecond("4");
  const events = [
    { lines: [CALL, PATH, TITLE], chain: "4" },
    { lines: [PATH] },
    { lines: [CALL], chain: "4" },
    { lines: [CALL, TITLE], chain: "4" },
    { lines: [TITLE], chain: "4" },
  ];
  t.same(render(half, events), [
    renumbered(PATH, 1),
    renumbered(CALL, 2),
    `type=CONTAINER_ID ${NEW.replace(":1)", ":2)")}: record=1 contid=4`,
    renumbered(TITLE, 2),
  ]);
});

t.test("CID-93: a chain is trimmed to the scope even if the frame's is not", async (t) => {
  const lines = render(new Instance("2"), [{ lines: [TITLE], chain: "4,^2,^1" }]);
  t.same(lines.slice(1), [`type=CONTAINER_ID ${NEW}: record=1 contid=4,^2`]);
});

t.test("CID-93: a chain that is not of the scope is refused, and nothing is offered", async (t) => {
  for (const chain of ["5", "44,^41", "4,2,^4", "4,^4", "18446744073709551616"]) {
    const instance = new Instance("4");
    const events = [...simpleEvents(2), { lines: [TITLE], chain }];
    t.throws(
      () => render(instance, events),
      new FrameError("chains", `${chain} is not of scope 4`),
    );
    t.match(instance.account, { routed: 0, inFlight: 0 });
    t.equal(instance.serial, 0);
  }
});

t.test("a frame without events is nothing", async (t) => {
  t.same(render(new Instance("4"), []), []);
});

t.test("the bytes of a frame stay while the next one is rendered", async (t) => {
  const renderer = new FrameRenderer(new Instance("host"));
  const frame = (size: number): ReturnType<typeof decodeFrame> =>
    decodeFrame(encode("host", 1, simpleEvents(size)));
  for (let i = 0; i < 2; i++) renderer.render(frame(200));
  const first = renderer.render(frame(50));
  const copy = Buffer.from(first.bytes);
  renderer.render(frame(50));
  t.ok(first.bytes.equals(copy));
  t.equal(first.events, 50);
});

t.test("any events come out as lines say they should", async () => {
  const record = fc.record({
    type: fc.constantFrom("SYSCALL", "PATH", "PROCTITLE", "USER_CMD", "X", "UNKNOWN[1999]"),
    body: fc.string({ unit: fc.constantFrom("a", ":", "(", ")", " ", "=", "'", "9", "\xff") }),
  });
  const event = fc.record({
    records: fc.array(record, { minLength: 1, maxLength: 5 }),
    node: fc.constantFrom("", "node=n ", "node=alpha.example.org "),
    sec: fc.constantFrom(0, 1_700_000_000, 4_294_967_295),
    milli: fc.nat({ max: 999 }),
    serial: fc.nat({ max: 0xffffffff }),
    chain: fc.constantFrom("", "4", "7,^4", "7,^5,^4"),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.nat({ max: 2 ** 32 }), (events, before) => {
      const framed: FramedEvent[] = [];
      const expected: string[] = [];
      for (const { records, node, sec, milli, serial, chain } of events) {
        const stamp = `msg=audit(${sec}.${String(milli).padStart(3, "0")}`;
        // The parser ends an event at PROCTITLE and at records that stand alone: one at most, last.
        const types = records.map(({ type }, index) =>
          index === records.length - 1 || type === "SYSCALL" ? type : "PATH",
        );
        const lines = records.map(
          ({ body }, index) => `${node}type=${types[index]} ${stamp}:${serial}): ${body}`,
        );
        framed.push({ lines, chain });
        const next = (before + framed.length) % 2 ** 32;
        const out = lines.map((line) => renumbered(line, next));
        const added = `${node}type=CONTAINER_ID ${stamp}:${next}): record=1 contid=${chain}`;
        const place =
          types.at(-1) === "PROCTITLE" && types.length > 1 ? out.length - 1 : out.length;
        if (chain !== "") out.splice(place, 0, added);
        expected.push(...out);
      }
      const lines = render(counting("4", before + 1), framed);
      return lines.join("\n") === expected.join("\n");
    }),
  );
});
