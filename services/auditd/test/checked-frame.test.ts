import type { Delivery, SourceRange } from "@cauditd/bus";
import t from "tap";
import { checkedFrame, eventsIn } from "../src/checked-frame.ts";
import { encode, simpleEvents } from "./frames.ts";

function delivery(frame: Uint8Array, sequence: number, source?: SourceRange): Delivery {
  const place = { epoch: "one", sequence, source, redelivered: false };
  return { ...place, frame, ack: () => undefined };
}

t.test("a frame is taken when scope, place and source are what it says", async (t) => {
  const bytes = encode("4", 2, simpleEvents(3));
  t.equal(eventsIn(checkedFrame(delivery(bytes, 2), "4")), 3);
  t.equal(eventsIn(checkedFrame(delivery(bytes, 2, { id: "f", first: 8, last: 10 }), "4")), 3);
});

t.test("a frame that says something else is refused, and what is said", async (t) => {
  const bytes = encode("4", 2, simpleEvents(3));
  t.throws(() => checkedFrame(delivery(bytes, 2), "5"), { message: /scope: 4 on the queue of 5/ });
  t.throws(() => checkedFrame(delivery(bytes, 3), "4"), { message: /sequence: 2 on place 3/ });
  const source = { id: "f", first: 8, last: 11 };
  const expected = { message: /events: 3, its source says 8\.\.11/ };
  t.throws(() => checkedFrame(delivery(bytes, 2, source), "4"), expected);
  t.throws(() => checkedFrame(delivery(new Uint8Array(4), 2), "4"), { name: "FrameError" });
});
