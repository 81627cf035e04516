import t from "tap";
import { run } from "./run.ts";

t.test("steps about contids answer ok, a value, or an error", async (t) => {
  const text = `task a
contid? a
contid a 5
contid? a
chain a
chain init
capcontid a 1
capcontid? a
contid a 5 offset=1
loginuid a 1000
loginuid a 1000 by=init
loginuid? a
siginfo a
policy both on
limits depth=30 netns=30
containers`;
  t.same(run(text).slice(1), [
    ["18446744073709551615"],
    ["ok"],
    ["5"],
    ["5"],
    ["-1"],
    ["ok"],
    ["1"],
    ["EINVAL"],
    ["ok"],
    ["EPERM"],
    ["auid=1000 ses=1"],
    ["uid=0 pid=0 cid_len=0 contid="],
    ["ok"],
    ["ENOSPC"],
    ["contid=5 parent=-1 owner=init members=a state=live generation=1"],
  ]);
});

t.test("words that are none are refused", async (t) => {
  for (const bad of ["contid init", "policy other on", "policy both maybe", "limits depth=0"]) {
    t.throws(() => run(bad), bad);
  }
});
