import t from "tap";
import { serveOptionsOf } from "../src/serve-options.ts";

t.test("an instance is served as what is said of its name", async (t) => {
  const options = serveOptionsOf({
    rules: new Map([["web", []]]),
    limits: new Map([["web", { overflow: "oldest" }]]),
  });
  t.match(options("web"), { rules: { rules: [] }, instance: { overflow: "oldest" } });
  t.strictSame(options("db"), { instance: {} });
});
