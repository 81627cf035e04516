import t from "tap";
import { metricsSchema } from "../../src/config/metrics-schema.ts";

t.test("an address and a port are asked for", async (t) => {
  for (const listen of ["127.0.0.1:9464", "[::]:0", "localhost:65535"]) {
    t.same(metricsSchema.parse({ listen }), { listen });
  }
  for (const wrong of [{}, { listen: 9464 }, { listen: "9464" }, { listen: "a:65536" }, "a:1"]) {
    t.match(metricsSchema.safeParse(wrong).error?.issues[0]?.message, /^expected /);
  }
  const more = metricsSchema.safeParse({ listen: "a:1", lisen: 1 });
  t.match(more.error?.issues[0]?.message, /lisen/);
});
