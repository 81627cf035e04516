import t from "tap";
import { hashPath } from "../../src/filter/hash-set.ts";
import { Mark } from "../../src/filter/path-marks.ts";
import { PlaceFilter } from "../../src/filter/place-filter.ts";

t.test("roots are places; places are not roots; both are below what is above them", (t) => {
  const { paths, filter } = marked();
  filter.addRoot("/srv/deep/tree");
  filter.addPlace("/etc");
  t.equal(paths("/srv/deep/tree"), Mark.root | Mark.place);
  t.equal(paths("/etc"), Mark.place);
  for (const path of ["/", "/srv", "/srv/deep"]) t.equal(paths(path), Mark.above, path);
  for (const path of ["/srv/tree", "/etc/passwd", "/srv/deep/tree/f"])
    t.equal(paths(path), 0, path);
  filter.addRoot("/");
  t.equal(paths("/"), Mark.root | Mark.place | Mark.above);
  t.end();
});

t.test("what is gone is forgotten once there is much of it, and what is there stays", (t) => {
  const { paths, filter } = marked();
  const roots = new Set(["/srv"]);
  const places = new Set(["/etc"]);
  for (let i = 0; i < 10_000; i++) {
    filter.addRoot(`/gone${i}`);
    filter.inodes.add(i);
    filter.trimPaths([roots], [places]);
    filter.trimInodes([new Set([7])]);
  }
  t.ok(filter.paths.size < 5000);
  t.ok(filter.inodes.size < 5000);
  t.equal(paths("/srv"), Mark.root | Mark.place);
  t.equal(paths("/etc"), Mark.place);
  t.ok(filter.inodes.has(7));
  t.end();
});

/** A filter, and the marks that it has for a path. */
function marked(): { filter: PlaceFilter; paths: (path: string) => number } {
  const filter = new PlaceFilter();
  return { filter, paths: (path) => filter.paths.of(hashPath(path)) };
}
