import { ControlDesk, MAX_ANSWER_BYTES, memoryTransport } from "@cauditd/bus";
import { carryOut, Instance } from "@cauditd/kernel";
import { AuditError } from "@cauditd/libaudit";
import fc from "fast-check";
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

/** An instance whose process answers with these bytes. */
function answering(bytes: Uint8Array) {
  return remoteInstance("web", { send: async () => bytes, close: async () => undefined });
}

t.test("a record that would be two lines of the source is refused, and one too long", async (t) => {
  const answer = (body: string) => ({
    errno: 0,
    value: 0,
    refused: -1,
    records: [{ type: 1305, body }],
  });
  t.match(await far(answer("op=set")).remote.ask({ verb: "summary" }), {
    records: [{ type: 1305 }],
  });
  for (const body of ["a\ntype=USER_LOGIN msg=audit(1.000:1): b", "a\0b", "a".repeat(8971)]) {
    await t.rejects(far(answer(body)).remote.ask({ verb: "summary" }), { code: "EBADMSG" });
  }
});

t.test("whatever another process answers is an answer or an AuditError", async (t) => {
  const record = fc.record({ type: fc.integer(), body: fc.string({ unit: "binary" }) });
  const near = fc.record(
    {
      errno: fc.oneof(fc.integer(), fc.constant(0)),
      value: fc.oneof(fc.integer(), fc.string()),
      records: fc.oneof(fc.array(record), fc.anything()),
      refused: fc.integer(),
      unrecorded: fc.oneof(fc.boolean(), fc.integer()),
      result: fc.jsonValue({ maxDepth: 12 }),
    },
    { requiredKeys: [] },
  );
  const said = fc.oneof(
    fc.record({ errno: fc.oneof(fc.constant(0), fc.anything()), result: near }),
    fc.record({ errno: fc.integer(), error: fc.string() }),
    fc.jsonValue(),
  );
  const bytes = fc.oneof(
    fc.uint8Array(),
    said.map((value) => Buffer.from(textOf(value))),
    fc.nat(3).map((more) => Buffer.alloc(MAX_ANSWER_BYTES - 1 + more, 0x20)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (bytes) => {
      const remote = answering(bytes);
      const answers = [
        remote.ask({ verb: "summary" }).then(({ errno, records }) => {
          t.ok(Number.isInteger(errno) && errno >= 0 && errno <= 4095);
          t.ok(records.every(({ body }) => !/[\n\0]/.test(body)));
        }),
        remote.signal("HUP"),
        remote.reached({ epoch: "1", sequence: 1 }),
        remote.end(),
      ];
      for (const { status, reason } of (await Promise.allSettled(answers)) as Settled[]) {
        if (status === "rejected") t.type(reason, AuditError);
      }
    }),
  );
});

interface Settled {
  readonly status: string;
  readonly reason?: unknown;
}

/** JSON of what need not be JSON. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}
