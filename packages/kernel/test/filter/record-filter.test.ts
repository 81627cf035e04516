import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { RecordFacts, RecordFilter } from "../../src/filter/record-filter.ts";
import { rule } from "../rules.ts";

function filter(...options: readonly string[]): RecordFilter {
  return new RecordFilter(options.map((text, index) => ({ rule: rule(text), number: index + 1 })));
}

function facts(fields: Partial<RecordFacts>): RecordFacts {
  return Object.assign(new RecordFacts(), fields);
}

t.test("the first rule whose fields all hold is named", (t) => {
  const user = filter("-a never,user -F uid=5 -F auid=7", "-a always,user -F uid=5");
  t.equal(user.first(facts({ uid: 5, auid: 7 }), RecordType.USER_CMD), 1);
  t.equal(user.first(facts({ uid: 5, auid: 8 }), RecordType.USER_CMD), 2);
  t.equal(user.first(facts({ uid: 6 }), RecordType.USER_CMD), 0);
  t.end();
});

t.test("reaching a field that the list does not compare ends it", (t) => {
  const user = filter("-a never,user -F uid=5 -F euid=5", "-a never,user -F uid=5");
  t.equal(user.first(facts({ uid: 5 }), RecordType.USER_CMD), 0, "the second is not asked");
  const other = filter("-a never,user -F uid=6 -F euid=5", "-a never,user -F uid=5");
  t.equal(other.first(facts({ uid: 5 }), RecordType.USER_CMD), 2);
  t.end();
});

t.test("what a record does not say holds for no rule", (t) => {
  const user = filter("-a never,user -F gid!=5");
  t.equal(user.first(facts({}), RecordType.USER_CMD), 0);
  t.end();
});

t.test("record types, executables, labels and contids are compared", (t) => {
  const type = filter("-a never,exclude -F msgtype>=1300 -F msgtype<1310");
  t.equal(type.first(facts({}), RecordType.CWD), 1);
  t.equal(type.first(facts({}), RecordType.PROCTITLE), 0);
  t.equal(filter("-a never,exclude -F exe=/bin/a").first(facts({ exe: "/bin/a" }), 1300), 1);
  t.equal(
    filter("-a never,user -F contid=4").first(facts({ chain: [9n, 4n] }), 1100),
    1,
    "CID-123",
  );
  t.equal(filter("-a never,exclude -F contid=4").first(facts({ chain: [9n] }), 1300), 0, "CID-124");
  const label = filter("-a never,user -F subj_role=r");
  t.equal(label.first(facts({ label: "u:r:t:s0" }), 1100), 1);
  t.equal(label.first(facts({}), 1100), 0);
  t.end();
});

t.test("a rule without fields matches on the task list only", (t) => {
  t.equal(filter("-a never,task").first(facts({}), undefined), 1);
  t.equal(filter("-a never,user").first(facts({}), 1100), 0);
  t.ok(filter().empty);
  t.end();
});
