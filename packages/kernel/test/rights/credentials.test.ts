import t from "tap";
import {
  controlsHost,
  controlsOwn,
  DEFAULT_POLICY,
  ownScope,
  rulesContids,
} from "../../src/rights/credentials.ts";
import { NOBODY, ROOT, TENANT } from "./tasks.ts";

t.test("capabilities count in the task's own user namespace only", async (t) => {
  t.ok(controlsHost(ROOT) && controlsOwn(ROOT) && rulesContids(ROOT, DEFAULT_POLICY));
  t.ok(controlsOwn(TENANT));
  t.notOk(controlsHost(TENANT));
  t.notOk(rulesContids(TENANT, DEFAULT_POLICY));
  t.notOk(controlsOwn(NOBODY));
});

t.test("a task's scope is its own container", async (t) => {
  t.equal(ownScope(TENANT), 4n);
  t.equal(ownScope(ROOT), undefined);
});
