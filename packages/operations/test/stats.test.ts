import { KEY_PATTERN } from "@cauditd/bus";
import t from "tap";
import { PROCESS_ROLES } from "../src/stats.ts";

t.test("a role is a word of the name of its service", async (t) => {
  for (const role of PROCESS_ROLES) t.match(role, KEY_PATTERN);
  t.equal(new Set(PROCESS_ROLES).size, PROCESS_ROLES.length);
});
