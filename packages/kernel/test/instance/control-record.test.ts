import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import {
  featureRecord,
  lockedRuleRecord,
  replaceRecord,
  reply,
  ruleRecord,
  setRecord,
} from "../../src/instance/control-record.ts";
import { rule } from "../rules.ts";
import { ROOT } from "./subject.ts";

const LABELLED = { ...ROOT, subj: "unconfined" };

t.test("a reply has no old value", async (t) => {
  t.same(reply(0), { errno: 0, value: 0, records: [] });
});

t.test(
  "AUD-97: CONFIG_CHANGE of a set has the new value, the old one, auid, ses, subj, res",
  async (t) => {
    t.same(setRecord("audit_backlog_limit", 8192, 64, ROOT, true), {
      type: RecordType.CONFIG_CHANGE,
      body: "op=set audit_backlog_limit=8192 old=64 auid=1000 ses=3 res=1",
    });
    t.equal(
      setRecord("lost", 0, 5, LABELLED, false).body,
      "op=set lost=0 old=5 auid=1000 ses=3 subj=unconfined res=0",
    );
  },
);

t.test("AUD-119: CONFIG_CHANGE of a rule has its key, list and result", async (t) => {
  t.equal(
    ruleRecord("add_rule", rule("-w /etc/x -k k"), ROOT, true).body,
    'auid=1000 ses=3 op=add_rule key="k" list=4 res=1',
  );
  t.equal(
    ruleRecord("remove_rule", rule("-a never,user -F uid=1"), LABELLED, false).body,
    "auid=1000 ses=3 subj=unconfined op=remove_rule key=(null) list=0 res=0",
  );
});

t.test("AUD-144: several keys are one hex string", async (t) => {
  t.equal(
    ruleRecord("add_rule", rule("-w /etc/x -k a -k b"), ROOT, true).body,
    "auid=1000 ses=3 op=add_rule key=610162 list=4 res=1",
  );
});

t.test("AUD-99: a rule that a locked instance refuses", async (t) => {
  t.same(lockedRuleRecord("add_rule", ROOT), {
    type: RecordType.CONFIG_CHANGE,
    body: "pid=10 uid=0 auid=1000 ses=3 op=add_rule audit_enabled=2 res=0",
  });
});

t.test("a replacement says how many rules there are behind it", async (t) => {
  t.equal(
    replaceRecord("replace_rules", 12, ROOT, 1).body,
    "auid=1000 ses=3 op=replace_rules rules=12 res=1",
  );
});

t.test("AUD-104: FEATURE_CHANGE begins with a blank and says who did it", async (t) => {
  const change = {
    feature: "loginuid_immutable",
    old: false,
    new: true,
    oldLock: false,
    newLock: true,
    done: true,
  };
  const tail = "feature=loginuid_immutable old=0 new=1 old_lock=0 new_lock=1 res=1";
  t.same(featureRecord(change, { ...ROOT, info: 'ppid=1 pid=10 exe="/x"' }), {
    type: RecordType.FEATURE_CHANGE,
    body: ` ppid=1 pid=10 exe="/x" ${tail}`,
  });
  t.equal(featureRecord(change, ROOT).body, ` pid=10 uid=0 auid=1000 ses=3 ${tail}`);
});
