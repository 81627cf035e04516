import t from "tap";
import { replacedWriter } from "../../src/stream/tenant-stream.ts";

t.test("the error of a writer that was replaced names its scope", async (t) => {
  t.match(replacedWriter("7"), { code: "ESTALE", message: /stream of scope 7/ });
});
