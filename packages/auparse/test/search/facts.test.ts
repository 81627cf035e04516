import t from "tap";
import { EventFacts, NO_ID, NO_LOGIN } from "../../src/search/facts.ts";

t.test("facts that are used again say nothing of the event before", async (t) => {
  const facts = new EventFacts();
  facts.file({ name: "/a" });
  facts.file({ name: "/b" });
  facts.label({ subject: "s" });
  facts.label({ object: "o" });
  t.equal(facts.files?.length, 2);
  t.equal(facts.labels?.length, 2);
  facts.pid = 5;
  facts.reset();
  t.strictSame({ ...facts }, { ...new EventFacts() });
  t.equal(facts.uid, NO_ID);
  t.equal(facts.auid, NO_LOGIN);
});
