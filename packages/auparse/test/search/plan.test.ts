import t from "tap";
import { SearchPlan } from "../../src/search/plan.ts";
import { newQuery, type Query } from "../../src/search/query.ts";
import { decodeSegment, encodeSegment } from "../../src/search/segment.ts";

type Terms = Map<string | undefined, number[]>;

const segment = decodeSegment(
  encodeSegment({
    from: 0,
    to: 9,
    nodes: [""],
    columns: Array.from({ length: 6 }, () => [0, 0, 0, 0, 0]),
    groups: new Map<"exe" | "key" | "uid", Terms>([
      [
        "key",
        new Map([
          ["net", [0, 2]],
          ["etc", [1]],
          [undefined, [4]],
        ]),
      ],
      ["exe", new Map([["/bin/sh", [0, 1, 2, 3]]])],
      [
        "uid",
        new Map([
          ["0", [1]],
          ["7", [2]],
        ]),
      ],
    ]),
  }),
);

function marked(part: Partial<Query>): number[] {
  const plan = new SearchPlan({ ...newQuery(), ...part }, (uid) =>
    uid === 7 ? "seven" : undefined,
  );
  if (segment === undefined) throw new Error("no segment");
  const masks = [...plan.marks(segment).masks];
  return masks.flatMap((mask, run) => ((mask & plan.needed) === plan.needed ? [run] : []));
}

t.test("runs are left out that lack a term", async (t) => {
  t.strictSame(marked({ key: "e" }), [0, 1, 2, 4]);
  t.strictSame(marked({ key: "net", exe: "sh" }), [0, 2, 4], "4 has any key");
  t.strictSame(marked({ uid: 7 }), [2]);
  t.strictSame(marked({ uid: 7, uidName: "seven" }), [2]);
  t.strictSame(marked({ uid: 0, uidName: "root" }), [1]);
  t.strictSame(marked({ pid: 5 }), []);
  const all = { anyUid: true, uid: 0, euid: 7, auid: 9 };
  t.strictSame(marked(all), [1, 2], "-ua 0 -ue 7");
  t.strictSame(marked({ ...all, uidName: "root", euidName: "seven", auidName: "x" }), [1, 2]);
  t.strictSame(marked({ ...all, euid: 0xffff_ffff }), [0, 1, 2, 3, 4], "-1 is what none has");
  t.strictSame(marked({ anyGid: true, gid: 3, egid: 4 }), []);
  t.strictSame(marked({ syscall: 0 }), [0, 1, 2, 3, 4]);
});

t.test("a plan says whether an index is of use", async (t) => {
  const selective = (part: Partial<Query>): boolean =>
    new SearchPlan({ ...newQuery(), ...part }, () => undefined).selective;
  t.notOk(selective({}));
  t.notOk(selective({ success: 1, syscall: 0 }));
  t.ok(selective({ start: 5 }));
  t.ok(selective({ serial: 5 }));
  t.ok(selective({ vm: "x" }));
});
