import t from "tap";
import { clean, MAX_INODES, NameTable } from "../src/name-table.ts";
import { PathFact } from "../src/path-fact.ts";

function file(inode: number, mode = 0o100644): PathFact {
  return Object.assign(new PathFact(), { found: true, inode, mode, major: 8, minor: 1 });
}

t.test("names become absolute paths without detours", (t) => {
  const table = new NameTable();
  t.equal(table.resolve("a/../b", "/srv/x"), "/srv/x/b");
  t.equal(table.resolve("/a//./b/", undefined), "/a/b");
  t.equal(table.resolve("a", undefined), undefined);
  t.equal(clean("/../.."), "/");
  t.equal(clean("/..a/.b"), "/..a/.b");
  t.end();
});

t.test("a path is in the trees of the directories around it and of itself (AUD-88)", (t) => {
  const table = new NameTable();
  t.ok(table.idle);
  table.watchDir("/srv/", 3);
  table.watchDir("/srv/data", 5);
  table.watchDir("/", 7);
  t.notOk(table.idle);
  t.same(table.spot("/srv/data/x").dirs, [3, 5, 7]);
  t.same(table.spot("/srv").dirs, [3, 7]);
  t.same(table.spot("/srvx").dirs, [7]);
  t.end();
});

t.test("a file is found by its inode until it is unlinked, on its own device only", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  table.learn("/srv/a", file(5));
  table.learn("/tmp/a", file(6));
  t.same(table.placesOf(file(5)), ["/srv/a"]);
  t.same(table.placesOf(file(6)), [], "nothing is kept outside what rules name");
  t.same(table.placesOf(Object.assign(file(5), { minor: 2 })), []);
  table.forget("/srv/a", file(5));
  t.same(table.placesOf(file(5)), []);
  t.end();
});

t.test("a new file takes the inode of one whose end was not seen", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  table.learn("/srv/old", file(5));
  table.created("/srv/new", file(5));
  t.same(table.placesOf(file(5)), ["/srv/new"]);
  t.end();
});

t.test("known symbolic links are followed, in circles not for ever", (t) => {
  const table = new NameTable();
  table.linked("/l", "/srv/data");
  table.linked("/srv/up", "../etc");
  table.linked("/c1", "/c2");
  table.linked("/c2", "/c1");
  table.linked("/hard", null);
  t.equal(table.resolve("/l/x", undefined), "/srv/data/x");
  t.equal(table.resolve("/srv/up/shadow", undefined), "/etc/shadow");
  t.match(table.resolve("/c1/x", undefined), /^\/c[12]\/x$/);
  t.ok(table.isHardLink("/hard"));
  t.notOk(table.isHardLink("/l"));
  t.end();
});

t.test("what is below a renamed directory is below its new path", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  const watch = table.watchPath("/srv/a/f");
  table.learn("/srv/a/f", file(5));
  table.learn("/srv/ab", file(6));
  t.ok(watch.known);
  table.movedDir("/srv/a", "/srv/b");
  t.same(table.placesOf(file(5)), ["/srv/b/f"]);
  t.same(table.placesOf(file(6)), ["/srv/ab"]);
  t.notOk(watch.known);
  table.movedDir("/srv/b", "/tmp/b");
  t.same(table.placesOf(file(5)), []);
  t.end();
});

t.test("the table is bounded: the oldest inode is forgotten first", (t) => {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  for (let inode = 0; inode < MAX_INODES + 10; inode++) table.learn("/srv/x", file(inode));
  t.equal(table.size, MAX_INODES);
  t.same(table.placesOf(file(3)), []);
  t.same(table.placesOf(file(MAX_INODES + 9)), ["/srv/x"]);
  t.end();
});
