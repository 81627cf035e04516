import t from "tap";
import { asciiLowerCase } from "../src/letter-case.ts";

t.test("only A-Z change", async (t) => {
  t.equal(asciiLowerCase("CAP_Audit_9"), "cap_audit_9");
  t.equal(asciiLowerCase("\u212a\u00c4\u0130"), "\u212a\u00c4\u0130");
  t.equal(asciiLowerCase(""), "");
});
