import fc from "fast-check";
import t from "tap";
import { PathScan } from "../../src/filter/path-scan.ts";
import { PlaceFilter } from "../../src/filter/place-filter.ts";

const ROOTS = ["/srv/tree", "/tmp/l"];
const PLACES = ["/etc/shadow", "/etc", "/srv"];

function scanOf(roots: readonly string[] = ROOTS): PathScan {
  const filter = new PlaceFilter();
  for (const path of roots) filter.addRoot(path);
  for (const path of PLACES) filter.addPlace(path);
  return new PathScan(filter);
}

/** What a scan is to say of an absolute path. */
function isNear(path: string): boolean {
  if (/\/\/|\/\.{1,2}(\/|$)/.test(path)) return true;
  const parts = path
    .replace(/(.)\/$/, "$1")
    .split("/")
    .slice(1);
  const above = parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`);
  return above.some((at) => ROOTS.includes(at)) || PLACES.includes(above.at(-1) ?? "/");
}

const part = fc.constantFrom(
  ...["srv", "tree", "etc", "shadow", "tmp", "l", "usr", "lib", "x86_64-linux-gnu", "libc.so.6"],
  ...[".", "..", "...", ".hidden", "dot.", "..x", "x..", "", "a\xffb"],
);
const parts = fc.array(part, { minLength: 1, maxLength: 7 });

/** Bytes in front of a name and behind it move it to all places of a word. */
const around = fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 }));

t.test("a name is near where a rule looks, behind a link, or when it leads back", (t) => {
  const scan = scanOf();
  fc.assert(
    fc.property(parts, fc.boolean(), around, (all, slash, [before, behind]) => {
      const path = `/${all.join("/")}${slash ? "/" : ""}`;
      const head = `${".".repeat(before)}"`;
      const buf = Buffer.from(`${head}${path}"${" ".repeat(behind)}`, "latin1");
      const close = head.length + path.length;
      scan.absolute(buf, head.length, buf.length);
      t.same([scan.near, scan.end], [isNear(path), close], path);
      scan.absolute(buf, head.length, close + 1);
      t.same([scan.near, scan.end], [isNear(path), close], `${path}, the record ends there`);
      scan.absolute(buf, head.length, close);
      t.ok(scan.end <= close, "a name without an end");
    }),
    { numRuns: 1000 },
  );
  t.end();
});

t.test("names that are written as hex digits are scanned as the others", (t) => {
  const scan = scanOf();
  fc.assert(
    fc.property(parts, (all) => {
      const path = `/${all.join("/")}`;
      const digits = Buffer.from(path, "latin1").toString("hex").toUpperCase();
      const buf = Buffer.from(`${digits} inode=5`, "latin1");
      scan.hex(buf, 0, buf.length);
      t.same([scan.near, scan.end], [isNear(path), digits.length - 1], path);
    }),
  );
  t.end();
});

t.test("a relative name goes on from its directory", (t) => {
  const scan = scanOf();
  const straight = fc.array(
    part.filter((text) => text !== "" && !/^\.\.?$/.test(text)),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(straight, parts, (base, all) => {
      const name = all.join("/").replace(/^\/+/, "");
      const directory = `/${base.join("/")}`;
      const path = `${directory === "/" ? "" : directory}/${name}`;
      const cwd = Buffer.from(`cwd="${directory}"`, "latin1");
      const buf = Buffer.from(`"${name}" inode=5`, "latin1");
      const expected = [name === "" || isNear(path), name.length + 1];
      scan.directory(cwd, 5, cwd.length);
      scan.relative(buf, 1, buf.length);
      t.same([scan.near, scan.end], expected, `${path} of a CWD record`);
      scan.place(directory);
      scan.relative(buf, 1, buf.length);
      t.same([scan.near, scan.end], expected, `${path} of a place`);
    }),
    { numRuns: 1000 },
  );
  t.end();
});

t.test(
  "where a name starts that is unknown is nowhere, without a name it is the directory",
  (t) => {
    const scan = scanOf();
    const look = (name: string): boolean => {
      const buf = Buffer.from(`"${name}" inode=5`, "latin1");
      scan.unknown(buf, 1, buf.length);
      t.equal(scan.end, name.length + 1);
      return scan.near;
    };
    t.notOk(look("srv/tree"));
    t.ok(look(""));
    scan.nameless(7);
    t.same([scan.near, scan.end], [false, 7]);
    t.end();
  },
);

t.test("with a rule about the whole tree every name is near", (t) => {
  const scan = scanOf(["/"]);
  for (const path of ["/", "/usr", "/usr/lib/x"]) {
    const buf = Buffer.from(`"${path}" inode=5`, "latin1");
    scan.absolute(buf, 1, buf.length);
    t.ok(scan.near, path);
  }
  t.end();
});
