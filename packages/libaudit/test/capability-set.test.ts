import t from "tap";
import { Capability } from "../src/capability.ts";
import {
  ALL_CAPABILITIES,
  capabilitySet,
  formatCapabilitySet,
  hasCapability,
  NO_CAPABILITIES,
  parseCapabilitySet,
} from "../src/capability-set.ts";

t.test("a set holds what it was made of and nothing else", async (t) => {
  const set = capabilitySet(Capability.CAP_AUDIT_WRITE, Capability.CAP_CHECKPOINT_RESTORE);
  for (const capability of Object.values(Capability)) {
    t.equal(hasCapability(set, capability), capability === 29 || capability === 40);
  }
});

t.test("all, none and lists of names are read", async (t) => {
  t.equal(parseCapabilitySet("all"), ALL_CAPABILITIES);
  t.equal(parseCapabilitySet("none"), NO_CAPABILITIES);
  t.equal(parseCapabilitySet("CAP_CHOWN,cap_audit_control"), 1n | (1n << 30n));
  for (const bad of ["", "ALL", "AUDIT_WRITE", "CAP_AUDIT_WRITE,", "CAP_NOTHING"]) {
    t.equal(parseCapabilitySet(bad), undefined, bad);
  }
});

t.test("CID-6: CAP_CONTAINER_ADMIN gives nothing", async (t) => {
  t.equal(parseCapabilitySet("CAP_CONTAINER_ADMIN"), NO_CAPABILITIES);
  t.equal(parseCapabilitySet("CAP_CONTAINER_ADMIN,CAP_CHOWN"), 1n);
});

t.test("what is printed is read as the same set", async (t) => {
  const set = capabilitySet(Capability.CAP_KILL, Capability.CAP_AUDIT_READ);
  t.equal(formatCapabilitySet(set), "CAP_KILL,CAP_AUDIT_READ");
  for (const each of [set, ALL_CAPABILITIES, NO_CAPABILITIES]) {
    t.equal(parseCapabilitySet(formatCapabilitySet(each)), each);
  }
});
