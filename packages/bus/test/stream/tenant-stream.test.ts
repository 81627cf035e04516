import t from "tap";
import { noConsumer, noStream, replacedWriter } from "../../src/stream/tenant-stream.ts";

t.test("the error of a writer that was replaced names its scope", async (t) => {
  t.match(replacedWriter("7"), { code: "ESTALE", message: /stream of scope 7/ });
});

t.test("the error of a consumer that there is not names it", async (t) => {
  t.match(noStream("7"), { code: "ENOENT", message: /stream of scope 7/ });
  t.match(noConsumer("7", "siem"), { code: "ENOENT", message: /consumer siem of scope 7/ });
});
