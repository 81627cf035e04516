import fc from "fast-check";
import t from "tap";
import { MAX_CUTS } from "../../src/service/book-shapes.ts";
import { SourceCuts } from "../../src/service/source-cuts.ts";

/** Notes where it was cut. */
class Noted {
  readonly bytes: number[] = [];
  readonly cuts: number[] = [];
  get offset(): number {
    return this.bytes.length;
  }
  push(bytes: Uint8Array): void {
    this.bytes.push(...bytes);
  }
  cut(): void {
    this.cuts.push(this.offset);
  }
}

t.test("a source is cut where it was over, however its bytes come", async (t) => {
  const sizes = fc.array(fc.nat(20), { maxLength: 30 });
  const places = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 10 });
  fc.assert(
    fc.property(sizes, places, (sizes, unordered) => {
      const places = unordered.sort((a, b) => a - b);
      const cuts = new SourceCuts(places);
      const noted = new Noted();
      let next = 0;
      for (const size of sizes) {
        cuts.push(
          noted,
          Uint8Array.from({ length: size }, () => next++ & 0xff),
        );
      }
      t.same(
        noted.bytes,
        Array.from({ length: next }, (_, i) => i & 0xff),
      );
      const reached = sizes.length === 0 ? [] : places.filter((place) => place <= next);
      t.same(noted.cuts, reached);
    }),
  );
});

t.test("a place is known once, and there is an end to them", async (t) => {
  const cuts = new SourceCuts([10]);
  t.equal(cuts.add(10), false);
  t.equal(cuts.add(5), true);
  t.same(cuts.places, [5, 10]);
  for (let place = 11; cuts.places.length < MAX_CUTS; place++) cuts.add(place);
  t.throws(() => cuts.add(9999), { code: "ENOSPC" });
  t.equal(cuts.add(10), false);
});
