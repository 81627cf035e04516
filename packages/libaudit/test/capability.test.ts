import { Capability, capabilityName, capabilityNumber } from "@cauditd/libaudit";
import t from "tap";

t.test("the audit capabilities have the numbers of the kernel", async (t) => {
  t.equal(Capability.CAP_AUDIT_WRITE, 29);
  t.equal(Capability.CAP_AUDIT_CONTROL, 30);
  t.equal(Capability.CAP_AUDIT_READ, 37);
});

t.test("capabilities 0 to 40 have one name each and are found by it", async (t) => {
  t.equal(Object.keys(Capability).length, 41);
  for (let number = 0; number <= 40; number++) {
    const name = capabilityName(number);
    t.match(name, /^CAP_[A-Z_]+$/);
    t.equal(capabilityNumber(name ?? ""), number);
    t.equal(capabilityNumber((name ?? "").toLowerCase()), number);
  }
});

t.test("CID-6: CAP_CONTAINER_ADMIN and other unknown names have no number", async (t) => {
  for (const text of ["CAP_CONTAINER_ADMIN", "AUDIT_CONTROL", "30", "", "toString"]) {
    t.equal(capabilityNumber(text), undefined, text);
  }
  for (const number of [-1, 41, 0.5]) t.equal(capabilityName(number), undefined);
});
