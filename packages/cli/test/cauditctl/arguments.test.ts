import t from "tap";
import { readCommandLine } from "../../src/cauditctl/arguments.ts";

t.test("cauditctl's own options are taken out, wherever they stand", async (t) => {
  t.same(readCommandLine(["-c", "web", "-l", "--json", "-k", "x"]), {
    own: { instance: "web", json: true },
    rest: ["-l", "-k", "x"],
  });
  const over = ["--url=nats://a", "--ca", "ca.pem", "--principal", "ops"];
  t.same(readCommandLine(["-s", ...over, "--floor"]), {
    own: { url: "nats://a", ca: "ca.pem", principal: "ops", floor: true },
    rest: ["-s"],
  });
});

t.test("values of auditctl's options stay theirs", async (t) => {
  t.same(readCommandLine(["-k", "--json", "-m", "-c", "-F", "--host"]), {
    own: {},
    rest: ["-k", "--json", "-m", "-c", "-F", "--host"],
  });
  t.same(readCommandLine(["--signal", "--json"]).rest, ["--signal", "--json"]);
});

t.test("-c without a name is auditctl's: go on after errors", async (t) => {
  t.same(readCommandLine(["-c"]), { own: {}, rest: ["-c"] });
  t.same(readCommandLine(["-c", "-l"]), { own: {}, rest: ["-c", "-l"] });
});

t.test("commands of its own", async (t) => {
  const { own } = readCommandLine(["--register", "7", "--contid", "9", "--name", "x"]);
  t.same(own.command, { register: "7", contid: "9", name: "x" });
  t.same(readCommandLine(["--capcontid", "7", "1"]).own.command, { capcontid: "7", value: "1" });
  t.same(readCommandLine(["--instances"]).own.command, { instances: "" });
  t.equal(readCommandLine(["--contid"]).problem, "--contid: expected a value");
});
