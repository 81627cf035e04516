import { InstanceFeatures } from "@cauditd/kernel";
import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { ROOT } from "./subject.ts";

const IMMUTABLE = { loginuid_immutable: { on: true, lock: true } };

t.test("AUD-104: the first --loginuid-immutable makes a record, the second none", async (t) => {
  const features = new InstanceFeatures();
  const first = features.set(IMMUTABLE, ROOT, true);
  t.equal(first.errno, 0);
  t.same(
    first.records.map(({ body }) => body.replace(/^.*feature=/, "")),
    ["loginuid_immutable old=0 new=1 old_lock=0 new_lock=1 res=1"],
  );
  t.same(features.get("loginuid_immutable"), { on: true, locked: true });
  t.same(features.set(IMMUTABLE, ROOT, true), { errno: 0, value: 0, records: [] });
});

t.test("AUD-104: a locked bit that would change gives EPERM, and nothing is applied", async (t) => {
  const features = new InstanceFeatures();
  features.set(IMMUTABLE, ROOT, true);
  const both = { only_unset_loginuid: { on: true }, loginuid_immutable: { on: false } };
  const { errno, records } = features.set(both, ROOT, true);
  t.equal(errno, Errno.EPERM);
  t.match(records[0]?.body, /feature=loginuid_immutable old=1 new=0 .*res=0$/);
  t.equal(records.length, 1);
  t.equal(features.get("only_unset_loginuid").on, false);
});

t.test("locking alone is silent, and so is everything while auditing is off", async (t) => {
  const features = new InstanceFeatures();
  const lock = { only_unset_loginuid: { on: false, lock: true } };
  t.same(features.set(lock, ROOT, true).records, []);
  t.same(features.get("only_unset_loginuid"), { on: false, locked: true });
  t.same(features.set(IMMUTABLE, ROOT, false).records, []);
  const refused = features.set({ only_unset_loginuid: { on: true } }, ROOT, false);
  t.same(refused, { errno: Errno.EPERM, value: 0, records: [] });
});
