import fc from "fast-check";
import t from "tap";
import { NameTable } from "../../src/filter/name-table.ts";
import { OpenFiles, OUTSIDE } from "../../src/filter/open-files.ts";
import { PathFact } from "../../src/filter/path-fact.ts";

const FILE = { inode: 5, major: 254, minor: 0 };

t.test("a descriptor is remembered by task and number until it is open on something else", (t) => {
  const open = new OpenFiles(new NameTable());
  t.ok(open.empty);
  t.ok(open.put(100, 3, FILE, OUTSIDE));
  t.notOk(open.empty);
  t.same(open.get(100, 3), { file: FILE, place: OUTSIDE });
  t.equal(open.get(101, 3), undefined);
  t.equal(open.get(100, 4), undefined);
  t.ok(open.put(100, 3, { ...FILE, inode: 6 }, OUTSIDE));
  t.equal(open.get(100, 3)?.file.inode, 6);
  t.ok(open.forget(100, 3));
  t.ok(open.empty);
  t.end();
});

t.test("the result of an open that failed is no descriptor, nor is AT_FDCWD", (t) => {
  const open = new OpenFiles(new NameTable());
  t.notOk(open.put(100, 0xffff_fff3, FILE, OUTSIDE));
  t.notOk(open.forget(100, 0xffff_fff3));
  t.ok(open.empty);
  // Task 65635's descriptor 65436 would have the same product.
  open.put(65_635, 65_436, FILE, OUTSIDE);
  t.equal(open.get(100, 0xffff_ff9c), undefined);
  t.end();
});

t.test("what is handed in may be used again by the caller", (t) => {
  const open = new OpenFiles(new NameTable());
  const file = { ...FILE };
  open.put(100, 3, file, OUTSIDE);
  file.inode = 9;
  t.equal(open.get(100, 3)?.file.inode, 5);
  t.end();
});

t.test("names start from where the directory is, as far as rules are about it", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  const open = new OpenFiles(table);
  const directory = Object.assign(new PathFact(), { found: true, ...FILE, mode: 0o040755 });
  open.put(100, 3, FILE, OUTSIDE);
  const outside = open.get(100, 3);
  t.equal(outside === undefined ? "" : open.baseOf(outside), undefined);
  const place = table.learn("/srv", directory);
  t.equal(outside && open.baseOf(outside), "/srv", "seen at a place since");
  open.put(100, 4, FILE, place ?? OUTSIDE);
  const inside = open.get(100, 4);
  table.moved("/srv", "/old", directory);
  t.equal(inside && open.baseOf(inside), "/old", "moved since");
  t.end();
});

t.test("no more than 16,384 descriptors are remembered, the oldest is forgotten first", (t) => {
  const open = new OpenFiles(new NameTable());
  for (let fd = 0; fd < 16_384; fd++) open.put(1, fd, FILE, OUTSIDE);
  open.put(1, 0, FILE, OUTSIDE);
  open.put(2, 0, FILE, OUTSIDE);
  t.ok(open.get(1, 0), "opened again");
  t.equal(open.get(1, 1), undefined);
  t.ok(open.get(1, 2));
  t.end();
});

t.test("descriptors of many tasks come and go without being mistaken for each other", (t) => {
  const open = new OpenFiles(new NameTable());
  const known = new Map<string, number>();
  const task = fc.tuple(fc.constantFrom(1, 2, 4097, 8193, 70_000), fc.nat({ max: 4 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(task, fc.boolean(), fc.nat())), (calls) => {
      for (const [[pid, fd], opened, inode] of calls) {
        if (opened) {
          open.put(pid, fd, { ...FILE, inode }, OUTSIDE);
          known.set(`${pid} ${fd}`, inode);
        } else {
          open.forget(pid, fd);
          known.delete(`${pid} ${fd}`);
        }
        t.equal(open.has(pid, fd), opened);
        for (const [key, value] of known) {
          const [task, number] = key.split(" ").map(Number) as [number, number];
          t.equal(open.get(task, number)?.file.inode, value, key);
        }
        t.equal(open.empty, known.size === 0);
      }
    }),
  );
  t.end();
});
