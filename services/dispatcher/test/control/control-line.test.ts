import { controlLine } from "@cauditd/dispatcher";
import t from "tap";

t.test("a record's line has its type's name, the time and a serial", async (t) => {
  t.equal(
    controlLine({ type: 1305, body: "op=x res=1" }, 1_700_000_000_042, 3),
    "type=CONFIG_CHANGE msg=audit(1700000000.042:3): op=x res=1",
  );
});
