import fc from "fast-check";
import t from "tap";
import {
  cwdBody,
  execveBodies,
  inet6Address,
  inetAddress,
  netlinkAddress,
  pathBody,
  unixAddress,
} from "../src/records.ts";

/** Puts the arguments together again, as a reader of the records does. */
function readArguments(bodies: readonly string[]): {
  argv: string[];
  lengths: Map<number, number>;
} {
  const argv: string[] = [];
  const lengths = new Map<number, number>();
  const field = / a(\d+)(_len|\[\d+\])?=("[^"]*"|[0-9A-F]*)/g;
  for (const body of bodies) {
    for (const [, index = "", what = "", value = ""] of body.matchAll(field)) {
      const at = Number(index);
      if (what === "_len") {
        lengths.set(at, Number(value));
        continue;
      }
      const part = value.startsWith('"')
        ? value.slice(1, -1)
        : Buffer.from(value, "hex").toString("latin1");
      argv[at] = (argv[at] ?? "") + part;
    }
  }
  return { argv, lengths };
}

t.test("AUD 4.4: a short command line makes one EXECVE record", async (t) => {
  t.same(execveBodies(["ls", "-l", "a b", ""]), ['argc=4 a0="ls" a1="-l" a2=612062 a3=""']);
});

t.test("AUD 4.4: an argument that does not fit is split, with its printed length", async (t) => {
  const bodies = execveBodies(["sh", "x ".repeat(2500)]);
  t.equal(bodies.length, 2);
  t.match(bodies[0], /^argc=2 a0="sh" a1_len=10000 a1\[0\]=(7820)+$/);
  t.match(bodies[1], /^ a1\[1\]=(7820)+$/);
});

t.test("AUD 4.4: many arguments go on in records without argc, led by a blank", async (t) => {
  const bodies = execveBodies(new Array<string>(1000).fill("argument"));
  t.ok(bodies.length > 1);
  t.match(bodies[0], /^argc=1000 a0="argument"/);
  for (const body of bodies.slice(1)) t.match(body, /^ a\d+="argument"/);
});

t.test("any argument list can be read back from its EXECVE records", async () => {
  const quoted = fc.string({ unit: fc.constantFrom("a", "/", "-", "="), maxLength: 6000 });
  const any = fc
    .uint8Array({ maxLength: 5000 })
    .map((list) => Buffer.from(list).toString("latin1"));
  fc.assert(
    fc.property(fc.array(fc.oneof(quoted, any), { minLength: 1, maxLength: 12 }), (given) => {
      const bodies = execveBodies(given);
      const { argv, lengths } = readArguments(bodies);
      t.same(argv, given);
      for (const [at, length] of lengths) {
        const argument = given[at] ?? "";
        t.ok(length === argument.length || length === argument.length * 2);
      }
      return bodies.every((body) => body.length <= 7500 + "argc=12".length);
    }),
    { numRuns: 50 },
  );
});

t.test("socket addresses have the layout of x86_64", async (t) => {
  t.equal(inetAddress(192, 0, 2, 1, 443), "saddr=020001BBC00002010000000000000000");
  t.equal(
    inet6Address([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 443),
    "saddr=0A0001BB0000000020010DB800000000000000000000000100000000",
  );
  t.equal(unixAddress("/run/x"), "saddr=01002F72756E2F7800");
  t.equal(netlinkAddress, "saddr=100000000000000000000000");
});

t.test("AUD 4.4: PATH and CWD have the kernel's field order", async (t) => {
  t.equal(
    pathBody(0, '"/tmp/"', "inode=5 dev=fe:00", "041777", 0, "PARENT"),
    'item=0 name="/tmp/" inode=5 dev=fe:00 mode=041777 ouid=0 ogid=0 rdev=00:00 nametype=PARENT ' +
      "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0",
  );
  t.equal(cwdBody("/srv/my app"), "cwd=2F7372762F6D7920617070");
});
