import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { formatOwnRecord, MARKER_TYPE, markerBody } from "../../src/instance/own-record.ts";

t.test("a record of the instance's own is a line like any other", async (t) => {
  const type = RecordType.CONFIG_CHANGE;
  t.equal(
    formatOwnRecord({ serial: 7, at: 1700000000005, type, body: "op=set lost=0" }),
    "type=CONFIG_CHANGE msg=audit(1700000000.005:7): op=set lost=0\n",
  );
  const odd = formatOwnRecord({ serial: 7, at: 1700000000999.9, type, body: "x" });
  t.match(odd, "audit(1700000000.999:7)");
});

t.test("a marker gives reason, count, range of serials, and how the instance stood", async (t) => {
  const loss = { reason: "backlog", events: 12, first: 5, last: 20, at: 0 } as const;
  const context = { lost: 40, rate_limit: 0, backlog_limit: 64, stopped: false };
  t.equal(
    markerBody(loss, context),
    "op=lost reason=backlog lost=12 first=5 last=20" +
      " audit_lost=40 audit_rate_limit=0 audit_backlog_limit=64 res=0",
  );
  t.match(markerBody(loss, { ...context, stopped: true }), /=64 audit_failure=2 res=0$/);
  t.equal(MARKER_TYPE, RecordType.KERNEL_OTHER);
});
