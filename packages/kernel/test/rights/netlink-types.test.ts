import t from "tap";
import {
  isControlRequest,
  isListRequest,
  netlinkRequestNumber,
} from "../../src/rights/netlink-types.ts";

t.test("requests are list requests, control requests or neither", async (t) => {
  const of = (test: (type: number) => boolean): number[] =>
    Array.from({ length: 100 }, (_, i) => 1000 + i).filter(test);
  t.same(of(isListRequest), [1002, 1003, 1004]);
  t.same(
    of(isControlRequest),
    [1000, 1001, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1017, 1018, 1019, 1021],
  );
});

t.test("a request is known by its name, AUDIT_ in front or not", async (t) => {
  t.equal(netlinkRequestNumber("GET"), 1000);
  t.equal(netlinkRequestNumber("AUDIT_LIST_RULES"), 1013);
  t.equal(netlinkRequestNumber("get"), undefined);
  t.equal(netlinkRequestNumber("toString"), undefined);
});
