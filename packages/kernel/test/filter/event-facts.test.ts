import { Perm } from "@cauditd/libaudit";
import t from "tap";
import { EventFacts } from "../../src/filter/event-facts.ts";
import { callText, events, path, withFacts } from "../rules.ts";

t.test("names, working directory and address family come from their records", (t) => {
  const call = {
    cwd: "/srv",
    paths: [path("a", 5), path("(null)", 6)],
    more: ["SOCKADDR saddr=0A0000350000"],
  };
  withFacts(call, (facts) => {
    t.equal(facts.cwd(), "/srv");
    t.equal(facts.paths, 2);
    t.equal(facts.path(0).name, "a");
    t.equal(facts.path(1).inode, 6);
    t.equal(facts.family(), 10);
  });
  withFacts({}, (facts) => {
    t.equal(facts.cwd(), undefined);
    t.equal(facts.paths, 0);
    t.equal(facts.family(), -1);
  });
  t.end();
});

t.test("access goes by open flags where there are some, else by class", (t) => {
  const accessOf = (call: Parameters<typeof withFacts>[0]): number => {
    let access = -1;
    withFacts(call, (facts) => {
      access = facts.access();
    });
    return access;
  };
  t.equal(accessOf({ args: ["ffffff9c", "0", "80241", "0"] }), Perm.WRITE);
  t.equal(accessOf({ syscall: 2, args: ["0", "2", "0", "0"] }), Perm.READ | Perm.WRITE);
  t.equal(accessOf({ syscall: 437, more: ["OPENAT2 oflag=01 mode=0 resolve=0x0"] }), Perm.WRITE);
  t.equal(accessOf({ syscall: 59 }), Perm.EXEC);
  t.equal(accessOf({ arch: "40000003", syscall: 102, args: ["2", "0", "0", "0"] }), Perm.WRITE);
  t.equal(accessOf({ arch: "40000003", syscall: 102, args: ["3", "0", "0", "0"] }), 0);
  t.equal(accessOf({ syscall: 87 }), Perm.WRITE);
  t.equal(accessOf({ syscall: 5000 }), 0);
  t.end();
});

t.test("what records there are is known, and nothing is kept of the last event", (t) => {
  const facts = new EventFacts();
  const seen: string[] = [];
  const look = (text: string): void =>
    events(text, (event) => {
      facts.reset(event);
      const { index, firstPath, hasOther, call } = facts;
      seen.push([index, firstPath, hasOther, call.syscall].join(" "));
    });
  look(callText({ cwd: "/", paths: [path("a", 5), path("b", 6)] }));
  look(callText({ before: ["LOGIN pid=1 uid=0"], more: ["CONTAINER_ID contid=1"] }));
  look("type=USER_CMD msg=audit(1.000:1): pid=1 uid=0\n");
  look("type=UNKNOWN[9999] msg=audit(1.000:2): pid=1 uid=0\n");
  t.same(seen, ["0 2 false 257", "1 -1 true 257", "-1 -1 true -1", "-1 -1 true -1"]);
  t.equal(facts.paths, 0);
  t.end();
});
