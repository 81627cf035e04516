import t from "tap";
import { hashPath } from "../../src/filter/hash-set.ts";
import { LinkTable } from "../../src/filter/link-table.ts";
import { Mark } from "../../src/filter/path-marks.ts";
import { PlaceFilter } from "../../src/filter/place-filter.ts";

t.test("names become absolute paths without detours", (t) => {
  const table = new LinkTable(new PlaceFilter());
  t.equal(table.resolve("a/../b", "/srv/x", true), "/srv/x/b");
  t.equal(table.resolve("/a//./b/", undefined, true), "/a/b");
  t.equal(table.resolve("a", undefined, true), undefined);
  t.equal(table.resolve("/../..", undefined, true), "/");
  t.equal(table.resolve("/..a/.b", undefined, true), "/..a/.b");
  t.end();
});

t.test("known symbolic links are followed, in circles not for ever", (t) => {
  const table = new LinkTable(new PlaceFilter());
  table.add("/l", "/srv/data");
  table.add("/srv/up", "../etc");
  table.add("/c1", "/c2");
  table.add("/c2", "/c1");
  t.equal(table.resolve("/l/x", undefined, true), "/srv/data/x");
  t.equal(table.resolve("/srv/up/shadow", undefined, true), "/etc/shadow");
  t.equal(table.resolve("/l/../up", undefined, true), "/etc", "`..` is above the link's target");
  t.equal(table.resolve("/l/", undefined, false), "/l", "the last part is the link itself");
  t.match(table.resolve("/c1/x", undefined, true), /^\/c[12]\/x$/);
  t.end();
});

t.test("a link that was renamed or removed leads from its new path, or nowhere", (t) => {
  const filter = new PlaceFilter();
  const table = new LinkTable(filter);
  table.add("/l", "/srv");
  table.rename("/l", "/m");
  t.equal(table.resolve("/m/x", undefined, true), "/srv/x");
  t.equal(table.resolve("/l/x", undefined, true), "/l/x");
  table.rekey((path) => (path === "/m" ? "/n" : undefined));
  t.equal(table.resolve("/n/x", undefined, true), "/srv/x");
  t.ok(filter.paths.of(hashPath("/n")) & Mark.root);
  table.delete("/n");
  t.equal(table.resolve("/n/x", undefined, true), "/n/x");
  t.end();
});

t.test("names in the root have one slash", (t) => {
  t.equal(new LinkTable(new PlaceFilter()).resolve("usr", "/", true), "/usr");
  t.end();
});
