import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { runOwn, type Words } from "../../src/cauditctl/own-commands.ts";
import { Requests } from "../../src/cauditctl/requests.ts";
import { controlledNode } from "./controlled-node.ts";

t.test("CID-2, CID-104: containers come and go while the node runs", async (t) => {
  const out = t.testdir({});
  const { client, node, run, settle } = await controlledNode(t, out);
  const own = async (words: Words, json = false) => {
    let stdout = "";
    let stderr = "";
    const output = {
      out: (text: string) => (stdout += text),
      err: (text: string) => (stderr += text),
    };
    const code = await runOwn(words, new Requests(client(), "host", false), output, json);
    return { code, stdout, stderr };
  };
  t.match(await own({ register: "100", contid: "7", name: "web" }), { code: 0, stdout: "" });
  t.same(await own({ contid: "100" }), { code: 0, stdout: "7\n", stderr: "" });
  await run(["-D"], { instance: "web" });
  await run(["-a", "always,task"], { instance: "7" });
  const { stdout } = await own({ instances: "" });
  t.match(stdout, /^instance +contid +enabled +rules +serial +backlog +lost +written\n/);
  t.match(stdout, /\nhost +host +1 +1 +3 +0 +0 +3\nweb +7 +1 +1 +3 +0 +0 +3\n$/);
  const json = JSON.parse((await own({ instances: "" }, true)).stdout);
  t.match(json.instances[1], { name: "web", scope: "7", parent: null, rules: 1 });

  await settle();
  t.equal((await own({ end: "7" })).code, 0);
  t.equal(node.served(undefined)?.instance.account.written, 4);
  t.match(readFileSync(join(out, "web~1", "audit.log"), "latin1"), /op=drop .*\n$/);
  t.match(await own({ register: "101", contid: "7", name: "web" }), { code: 0 });
  t.equal((await run(["-l"], { instance: "web" })).stdout, "-a always,exit -S all\n");
  await settle();
  t.match(
    readFileSync(join(out, "web", "audit.log"), "latin1"),
    /^type=CONTAINER_OP msg=audit\(\S+:1\): op=set opid=101 contid=7 old-contid=-1 .*\n$/,
    "its serial begins again",
  );
  t.same(node.report().problems, []);
  await t.rejects(own({ end: "9" }), { code: "ENOENT" });
});

t.test("wrong usage is told, with exit code 2", async (t) => {
  const nobody = { request: async () => t.fail("nothing is asked") };
  const output = { out: () => undefined, err: (text: string) => (said = text) };
  let said = "";
  for (const [words, problem] of [
    [{ register: "x", contid: "1" }, "--register x: expected a process ID"],
    [{ register: "1" }, "--register PID: expected --contid N"],
    [{ contid: "x" }, "--contid x: expected a process ID"],
    [{ capcontid: "1", value: "yes" }, "--capcontid PID: expected 0 or 1"],
    [{ capcontid: "x", value: "1" }, "--capcontid x: expected a process ID"],
    [{ end: "1", instances: "" }, "expected one of --register, --contid, --end ..."],
  ] as const) {
    t.equal(await runOwn(words, new Requests(nobody, "host", false), output, false), 2);
    t.equal(said, `cauditctl: ${problem}\n`);
  }
});
