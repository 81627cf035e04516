import t from "tap";
import { hashPath } from "../src/hash-set.ts";
import { PlaceFilter } from "../src/place-filter.ts";

t.test("roots are places; places are not roots", (t) => {
  const filter = new PlaceFilter();
  filter.addRoot("/srv");
  filter.addPlace("/etc");
  t.ok(filter.roots.has(hashPath("/srv")));
  t.ok(filter.places.has(hashPath("/srv")));
  t.notOk(filter.roots.has(hashPath("/etc")));
  t.ok(filter.places.has(hashPath("/etc")));
  t.end();
});

t.test("what is gone is forgotten once there is much of it, and what is there stays", (t) => {
  const filter = new PlaceFilter();
  const roots = new Set(["/srv"]);
  const places = new Set(["/etc"]);
  for (let i = 0; i < 10_000; i++) {
    filter.addRoot(`/gone${i}`);
    filter.inodes.add(i);
    filter.trimPaths([roots], [places]);
    filter.trimInodes([new Set([7])]);
  }
  t.ok(filter.roots.size < 5000);
  t.ok(filter.inodes.size < 5000);
  t.ok(filter.roots.has(hashPath("/srv")));
  t.ok(filter.places.has(hashPath("/etc")));
  t.ok(filter.inodes.has(7));
  t.end();
});
