import t from "tap";
import { keepingFor, streamsSchema } from "../../src/config/streams-schema.ts";

const MAIN = { limits: { bytes: 67_108_864, age: 0 }, consumers: ["main"] };

t.test("without anything said, 64 MiB of each stream are kept, for one consumer", async (t) => {
  t.same(keepingFor(streamsSchema.parse({}), "web"), MAIN);
});

t.test("an instance has what is said of it, and else what is said of all", async (t) => {
  const config = streamsSchema.parse({
    megabytes: 8,
    days: 2,
    instances: { web: { megabytes: 1, consumers: ["siem", "ops"] }, host: { days: 9 } },
  });
  const age = 2 * 86_400_000;
  t.same(keepingFor(config, "web"), {
    limits: { bytes: 1_048_576, age },
    consumers: ["siem", "ops"],
  });
  t.same(keepingFor(config, "host"), {
    limits: { bytes: 8_388_608, age: 9 * 86_400_000 },
    consumers: ["main"],
  });
  t.same(keepingFor(config, "db"), { limits: { bytes: 8_388_608, age }, consumers: ["main"] });
});

t.test("every problem is told at once, with its place and what was expected", async (t) => {
  const { error } = streamsSchema.safeParse({
    megabytes: 0,
    consumers: [],
    days: 1.5,
    bytes: 7,
    instances: { web: { consumers: ["a b"], kept: 1 }, db: 7 },
  });
  const told = error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  const names = "expected 1 to 16 names of letters, digits, _ and -";
  t.match(told, [
    "megabytes: expected megabytes: a whole number from 1 to 1000000000",
    "days: expected days: a whole number from 1 to 36500",
    `consumers: ${names}`,
    `instances.web.consumers.0: ${names}`,
    /^instances\.web: .*"kept"/,
    "instances.db: expected {megabytes, days, consumers}",
    /^: .*"bytes"/,
  ]);
  t.match(streamsSchema.safeParse(7).error?.issues, [
    { message: "expected {megabytes, days, consumers, instances}" },
  ]);
});
