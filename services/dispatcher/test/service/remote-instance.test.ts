import { ControlDesk, memoryTransport } from "@cauditd/bus";
import { carryOut, Instance } from "@cauditd/kernel";
import t from "tap";
import { remoteInstance } from "../../src/service/remote-instance.ts";

/** The other end: an instance, and what else was asked. */
function far(answer?: unknown) {
  const instance = new Instance("4");
  const asked: string[] = [];
  const desk = new ControlDesk({
    now: Date.now,
    isPrincipal: () => true,
    verbs: new Map(
      ["summary", "switch-off", "signal", "reached", "end"].map((verb) => [verb, { reads: true }]),
    ),
    handler: async ({ verb, body }) => {
      if (answer !== undefined) return answer;
      if (verb === "summary" || verb === "switch-off") return carryOut(instance, { verb });
      asked.push(`${verb} ${JSON.stringify(body)}`);
      return null;
    },
    onError: () => undefined,
  });
  return { instance, asked, remote: remoteInstance("web", memoryTransport(desk, "dispatcher")) };
}

t.test("an instance elsewhere answers as one here does", async (t) => {
  const { instance, asked, remote } = far();
  t.equal(remote.name, "web");
  t.match((await remote.ask({ verb: "summary" })).result, { serial: 0, enabled: 1 });
  t.match(await remote.ask({ verb: "switch-off" }), { errno: 0, records: [] });
  t.equal(instance.status.enabled, 0);
  await remote.signal("HUP");
  await remote.reached({ epoch: "5.0", sequence: 7 });
  await remote.end();
  t.same(asked, ['signal {"signal":"HUP"}', 'reached {"epoch":"5.0","sequence":7}', "end {}"]);
});

t.test("what is no answer is EBADMSG", async (t) => {
  for (const answer of [1, {}, { errno: -1 }, { errno: 0, value: 0, records: 1, refused: 0 }]) {
    await t.rejects(far(answer).remote.ask({ verb: "summary" }), { code: "EBADMSG" });
  }
});
