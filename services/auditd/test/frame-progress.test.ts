import type { Delivery } from "@cauditd/bus";
import { newScopeAccount } from "@cauditd/kernel";
import t from "tap";
import { FrameProgress } from "../src/frame-progress.ts";
import type { SourcePlace } from "../src/io/checkpoint.ts";

function frames() {
  const acked: string[] = [];
  const deliver = (epoch: string, sequence: number): Delivery => {
    const ack = (): void => void acked.push(`${epoch}/${sequence}`);
    return {
      epoch,
      sequence,
      frame: new Uint8Array(0),
      source: undefined,
      redelivered: false,
      ack,
    };
  };
  return { acked, deliver };
}

function after(epoch: string, sequence: number, source?: SourcePlace): FrameProgress {
  return new FrameProgress({
    epoch,
    sequence,
    serial: 1,
    source,
    account: newScopeAccount(),
    owed: [],
  });
}

t.test(
  "a frame is taken once, and one that comes again is acknowledged when it is due",
  async (t) => {
    const { acked, deliver } = frames();
    const progress = new FrameProgress(undefined);
    t.ok(progress.take(deliver("a", 1)));
    t.ok(progress.take(deliver("a", 2)));
    t.notOk(progress.take(deliver("a", 2)), "it is on its way");
    progress.settle({ epoch: "a", sequence: 1 });
    t.same(acked, []);
    progress.settle({ epoch: "a", sequence: 2 });
    t.same(acked, ["a/2"]);
    t.notOk(progress.take(deliver("a", 1)), "it is in the log");
    t.same(acked, ["a/2", "a/1"]);
    t.equal(progress.stale, 0);
  },
);

t.test("a later life of the dispatcher ends the earlier ones", async (t) => {
  const { acked, deliver } = frames();
  const progress = after("5.0", 40);
  t.ok(progress.take(deliver("6.0", 1)), "sequences begin again");
  progress.pass({ epoch: "6.0", sequence: 1 });
  progress.settle({ epoch: "6.0", sequence: 1 });
  t.notOk(progress.take(deliver("5.0", 41)), "what one that was replaced still sends");
  t.same(acked, ["5.0/41"]);
  t.equal(progress.stale, 1);
  t.match(progress.mark, { epoch: "6.0", sequence: 1 });
  t.equal(progress.epoch, "6.0");
});

t.test("events of a source that was read again are told apart by their numbers", async (t) => {
  const progress = after("5.0", 4, { id: "log", last: 100 });
  t.equal(progress.note({ id: "log", first: 51, last: 80 }), 30, "all of them");
  t.same(progress.mark.source, { id: "log", last: 100 });
  t.equal(progress.note({ id: "log", first: 91, last: 120 }), 10);
  t.equal(progress.note({ id: "log", first: 121, last: 130 }), 0);
  t.equal(progress.note({ id: "other", first: 1, last: 5 }), 0, "another source begins");
  t.same(progress.mark.source, { id: "other", last: 5 });
});
