import { FIELD_KINDS, ttyKeys } from "@cauditd/libaudit";
import t from "tap";

t.test("fields have the kind that their values are printed by", async (t) => {
  t.equal(FIELD_KINDS.get("auid"), "uid");
  t.equal(FIELD_KINDS.get("new_gid"), "gid");
  t.equal(FIELD_KINDS.get("saddr"), "sockaddr");
  t.equal(FIELD_KINDS.get("subj"), "maclabel");
  t.equal(FIELD_KINDS.get("pid"), undefined);
  t.equal(FIELD_KINDS.get("toString"), undefined);
});

t.test("no key of a terminal is hidden by a shorter one in front of it", async (t) => {
  const keys = ttyKeys();
  t.ok(keys.length > 300);
  for (const [index, key] of keys.entries()) {
    const hides = keys.slice(0, index).find((other) => key.bytes.indexOf(other.bytes) === 0);
    t.equal(hides, undefined, key.bytes.toString("hex"));
  }
  t.equal(keys.find((key) => key.bytes.toString("latin1") === "\x1b[A")?.name, "up");
});
