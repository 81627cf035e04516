import { StreamOverflow } from "@cauditd/kernel";
import t from "tap";
import { brief } from "./policies.ts";

t.test("overflow_action: what each says and does when the queue is full", async (t) => {
  for (const [action, expected, again] of [
    ["IGNORE", [], []],
    [
      "SYSLOG",
      ["err: queue to plugins is full - dropping event"],
      ["err: queue to plugins is full - dropping event"],
    ],
    [
      "SINGLE",
      [
        "alert: Auditd is now changing the system to single user mode due to overflowing its queue",
        "runlevel single",
      ],
      [],
    ],
    [
      "HALT",
      ["alert: Auditd is now halting the system due to overflowing its queue", "runlevel halt"],
      [],
    ],
  ] as const) {
    const overflow = new StreamOverflow(action);
    t.equal(overflow.overflowed, false);
    t.same(brief(overflow.dropped()), expected, action);
    t.same(brief(overflow.dropped()), again, action);
    t.equal(overflow.overflowed, true);
    t.equal(overflow.suspended, false);
  }
});

t.test("SYSLOG ends with its fifth message, and says so", async (t) => {
  const overflow = new StreamOverflow("SYSLOG");
  const said = Array.from({ length: 8 }, () => brief(overflow.dropped()));
  t.same(
    said.map((texts) => texts.length),
    [1, 1, 1, 1, 2, 0, 0, 0],
  );
  t.match(said[4]?.[1], "reporting limit reached - ending dropped event notifications");
});

t.test("SUSPEND stops the stream until USR2", async (t) => {
  const overflow = new StreamOverflow("SUSPEND");
  t.same(brief(overflow.dropped()), [
    "alert: Auditd is suspending event passing to plugins due to overflowing its queue.",
  ]);
  overflow.reload("IGNORE");
  t.equal(overflow.suspended, true);
  overflow.resume();
  t.equal(overflow.suspended, false);
  t.same(overflow.dropped(), [], "the action is the new one");
});
