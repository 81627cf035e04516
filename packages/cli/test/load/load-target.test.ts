import t from "tap";
import { parsePlace, placeOfSource } from "../../src/load/load-target.ts";

t.test("a place is a path, or a host and a port", async (t) => {
  t.same(parsePlace("unix:/run/a b")?.target, { path: "/run/a b" });
  t.same(parsePlace("tcp:127.0.0.1:9000")?.target, { host: "127.0.0.1", port: 9000 });
  t.same(parsePlace("tcp:[::1]:1")?.target, { host: "::1", port: 1 });
  for (const text of ["", "unix:", "/run/a", "tcp:a", "tcp:a:0", "tcp:a:65536", "tcp:::1:9"]) {
    t.equal(parsePlace(text), undefined, text);
  }
});

t.test("a source that listens says where", async (t) => {
  const address = "127.0.0.1";
  t.match(placeOfSource({ type: "listen", path: "/s", address }), { text: "unix:/s" });
  t.match(placeOfSource({ type: "listen", port: 9, address }), { text: "tcp:127.0.0.1:9" });
  t.equal(placeOfSource({ type: "listen", port: 0, address }), undefined);
  t.equal(placeOfSource({ type: "stdin" }), undefined);
  t.equal(placeOfSource(undefined), undefined);
});
