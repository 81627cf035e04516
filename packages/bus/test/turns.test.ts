import t from "tap";
import { Turns } from "../src/turns.ts";

t.test("units are granted in the order of asking, never more than there are", async (t) => {
  const turns = new Turns(4);
  const granted: string[] = [];
  turns.take(3, () => granted.push("a"));
  turns.take(2, () => granted.push("b"));
  turns.take(1, () => granted.push("c"));
  t.same(granted, ["a"], "the one who asks for less does not overtake");
  turns.give(3);
  t.same(granted, ["a", "b", "c"]);
});

t.test("who withdraws is passed over; after the grant it does nothing", async (t) => {
  const turns = new Turns(2);
  const granted: string[] = [];
  const withdrawA = turns.take(2, () => granted.push("a"));
  const withdrawB = turns.take(2, () => granted.push("b"));
  turns.take(1, () => granted.push("c"));
  turns.give(1);
  t.same(granted, ["a"], "one unit is not enough for b");
  withdrawB();
  t.same(granted, ["a", "c"]);
  withdrawA();
  turns.give(1);
  turns.take(2, () => granted.push("d"));
  t.same(granted, ["a", "c"], "c still holds one");
  turns.give(1);
  t.same(granted, ["a", "c", "d"]);
});

t.test("a grant may give back at once", async (t) => {
  const turns = new Turns(1);
  const granted: number[] = [];
  turns.take(1, () => granted.push(0));
  for (let i = 1; i <= 5; i++) {
    turns.take(1, () => {
      granted.push(i);
      turns.give(1);
    });
  }
  turns.give(1);
  t.same(granted, [0, 1, 2, 3, 4, 5]);
});
