import t from "tap";
import { MAX_INODES, NameTable } from "../../src/filter/name-table.ts";
import { PathFact } from "../../src/filter/path-fact.ts";

function file(inode: number, mode = 0o100644): PathFact {
  return Object.assign(new PathFact(), { found: true, inode, mode, major: 8, minor: 1 });
}

t.test("a path is in the trees of the directories around it and of itself (AUD-88)", (t) => {
  const table = new NameTable();
  t.ok(table.idle);
  table.watchDir("/srv/", 3);
  table.watchDir("/srv/data", 5);
  table.watchDir("/", 7);
  t.notOk(table.idle);
  t.same([...table.spot("/srv/data/x").dirs].sort(), [3, 5, 7]);
  t.same([...table.spot("/srv").dirs].sort(), [3, 7]);
  t.ok(table.spot("/").kept, "above a rule's path");
  t.same(table.spot("/srvx").dirs, [7]);
  t.end();
});

t.test("a file is found by its inode until it is unlinked, on its own device only", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  table.learn("/srv/a", file(5));
  table.learn("/tmp/a", file(6));
  t.same(table.placesOf(file(5), false), ["/srv/a"]);
  t.same(table.placesOf(file(6), false), [], "nothing is kept outside what rules name");
  t.same(table.placesOf(Object.assign(file(5), { minor: 2 }), false), []);
  table.removed("/srv/a", file(5));
  t.same(table.placesOf(file(5), false), []);
  t.same(table.placesOf(file(5), true), ["/srv/a"], "an open descriptor still leads there");
  t.end();
});

t.test("a new file takes the inode of one whose end was not seen", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  table.linked("/srv/old", file(5));
  t.ok(table.isLinked(file(5)));
  table.created("/srv/new", file(5));
  t.same(table.placesOf(file(5), true), ["/srv/new"]);
  t.notOk(table.isLinked(file(5)));
  t.end();
});

const DIR = 0o040755;

t.test("what is below a renamed directory is below its new path", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  table.learn("/srv/a/f", file(5));
  table.learn("/srv/ab", file(6));
  table.moved("/srv/a", "/srv/b", file(9, DIR));
  t.same(table.placesOf(file(5), false), ["/srv/b/f"]);
  t.same(table.placesOf(file(6), false), ["/srv/ab"]);
  t.end();
});

t.test("a rule goes with its directory; one that comes to the old path has none", (t) => {
  const table = new NameTable();
  table.watchDir("/srv/a", 0);
  table.moved("/srv/a", "/tmp/b", file(9, DIR));
  t.same(table.spot("/tmp/b/f").dirs, [0]);
  t.same(table.spot("/srv/a/f").dirs, []);
  table.removed("/tmp/b", file(9, DIR));
  t.same(table.spot("/tmp/b/f").dirs, []);
  t.end();
});

t.test("two directories that change places take their rules along", (t) => {
  const table = new NameTable();
  table.watchDir("/a", 0);
  table.watchDir("/b/c", 1);
  table.exchanged("/a", "/b");
  t.same(table.spot("/b/x").dirs, [0]);
  t.same(table.spot("/a/c/x").dirs, [1]);
  t.end();
});

t.test("a watch stays with a directory further up that moves, and ends with its own", (t) => {
  const table = new NameTable();
  const watch = table.watchPath("/srv/a/f", 0);
  table.learn("/srv/a/f", file(5));
  table.moved("/srv", "/new", file(8, DIR));
  t.equal(watch.path, "/new/a/f");
  t.same(table.watchesOf(file(5)), [watch]);
  table.moved("/new/a", "/new/b", file(9, DIR));
  t.notOk(watch.known);
  t.same(table.watchesOf(file(5)), []);
  table.learn("/new/a/f", file(7));
  t.notOk(watch.known, "the kernel has removed the rule");
  t.end();
});

t.test("the watch of a symbolic link does not take what the link leads to for its file", (t) => {
  const table = new NameTable();
  const watch = table.watchPath("/l", 0);
  table.learn("/l", file(5, 0o120777));
  table.learn("/l", file(6));
  t.equal(watch.inode, 5);
  watch.link = false;
  table.learn("/l", file(6));
  t.equal(watch.inode, 6);
  t.same(table.watchesOf(file(5)), []);
  t.end();
});

t.test("the table is bounded: the oldest inode is forgotten first", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  for (let inode = 0; inode < MAX_INODES + 10; inode++) table.learn("/srv/x", file(inode));
  t.equal(table.size, MAX_INODES);
  t.same(table.placesOf(file(3), true), []);
  t.same(table.placesOf(file(MAX_INODES + 9), false), ["/srv/x"]);
  t.end();
});
