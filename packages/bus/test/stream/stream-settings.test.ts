import fc from "fast-check";
import t from "tap";
import {
  describedGeneration,
  streamSettings,
  withGeneration,
} from "../../src/stream/stream-settings.ts";

t.test("a stream keeps as much as its limits say, and ids no longer than that", async (t) => {
  const long = streamSettings("h", "7", { bytes: 5, age: 0 });
  t.match(long, { name: "CAUDITD_h_7", max_bytes: 5, max_age: 0, duplicate_window: 120e9 });
  const short = streamSettings("h", "7", { bytes: 5, age: 1000 });
  t.match(short, { max_age: 1e9, duplicate_window: 1e9 });
});

t.test("a description tells of the generation that was written, and of none else", async (t) => {
  const settings = streamSettings("h", "7", { bytes: 5, age: 0 });
  t.equal(describedGeneration(settings.description), 0);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e15 - 1 }), (generation) => {
      return describedGeneration(withGeneration(settings, generation).description) === generation;
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const generation = describedGeneration(text);
      return Number.isSafeInteger(generation) && generation >= 0;
    }),
  );
});
