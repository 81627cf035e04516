import { includes } from "@cauditd/bus";
import t from "tap";

const at = (epoch: string, sequence: number) => ({ epoch, sequence });

t.test("within an epoch the sequence decides", async (t) => {
  t.ok(includes(at("boot", 5), at("boot", 5)));
  t.notOk(includes(at("boot", 5), at("boot", 6)));
});

t.test("an epoch that is a lower number is over, whatever its sequences", async (t) => {
  t.ok(includes(at("1700000000002", 1), at("1700000000001", 99)));
  t.notOk(includes(at("1700000000001", 99), at("1700000000002", 1)));
  t.ok(includes(at("10.0", 1), at("9.3", 7)));
  t.ok(includes(at("9.3", 1), at("9.2", 7)));
  t.ok(includes(at("9.1", 1), at("9", 7)));
  t.notOk(includes(at("9.2", 1), at("9.10", 1)));
});

t.test("epochs that are no numbers say nothing of each other", async (t) => {
  const uuid = "3f8a5c2e-6a51-4a3f-9d57-111111111111";
  t.notOk(includes(at(`${uuid}.0`, 9), at("boot", 1)));
  t.notOk(includes(at("2", 9), at(uuid, 1)));
  t.notOk(includes(at("", 9), at("2", 1)));
});
