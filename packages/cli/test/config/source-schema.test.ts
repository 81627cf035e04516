import t from "tap";
import { sourceSchema } from "../../src/config/source-schema.ts";

t.test("a source that listens has a path or a port, and only here unless told", async (t) => {
  const listen = { type: "listen" } as const;
  t.strictSame(sourceSchema.parse({ ...listen, port: 0 }), {
    ...listen,
    port: 0,
    address: "127.0.0.1",
  });
  t.match(sourceSchema.parse({ ...listen, path: "/run/s" }), { path: "/run/s" });
  for (const bad of [{}, { path: "/a", port: 1 }, { port: 65_536 }, { path: "" }, { host: "a" }]) {
    t.notOk(sourceSchema.safeParse({ ...listen, ...bad }).success, JSON.stringify(bad));
  }
});

t.test("a log has a path, and nothing else", async (t) => {
  t.strictSame(sourceSchema.parse({ type: "log", path: "a" }), { type: "log", path: "a" });
  t.notOk(sourceSchema.safeParse({ type: "log" }).success);
  t.notOk(sourceSchema.safeParse({ type: "log", path: "a", rate: 1 }).success);
});
