import t from "tap";
import { streamsSchema } from "../../src/config/streams-schema.ts";
import { serveOptionsOf } from "../../src/services/serve-options.ts";

t.test("an instance is served as what is said of its name", async (t) => {
  const options = serveOptionsOf({
    rules: new Map([["web", []]]),
    limits: new Map([["web", { overflow: "oldest" }]]),
  });
  t.match(options("web"), { rules: { rules: [] }, instance: { overflow: "oldest" } });
  t.strictSame(options("db"), { instance: {} });
});

t.test("its stream is kept as is said of it, where there are streams", async (t) => {
  const open = {
    open: () => Promise.reject(new Error("not opened")),
    lag: async () => [],
    remove: async () => undefined,
    close: async () => undefined,
  };
  const config = streamsSchema.parse({ megabytes: 2, instances: { web: { consumers: ["a"] } } });
  const options = serveOptionsOf({ streams: { open, config } });
  const limits = { bytes: 2 * 1_048_576 };
  t.match(options("db").stream, { streams: open, limits });
  t.match(options("web").stream, { limits, consumers: ["a"] });
  t.equal(serveOptionsOf({})("web").stream, undefined);
});
