import { PatientReader, type PatientReaderOptions, pauseFor } from "@cauditd/client";
import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { ArrayReader, batchOf } from "./batches.ts";

function failing(errnos: number[]) {
  const reader = new ArrayReader(batchOf(1, [1]));
  const told: (string | undefined)[] = [];
  const waits: number[] = [];
  let opened = 0;
  const fail = (): void => {
    const errno = errnos.shift();
    if (errno !== undefined) throw new AuditError(errno, "it failed");
  };
  const options: PatientReaderOptions = {
    onChange: (error) => told.push(error?.code),
    pause: async (ms) => {
      waits.push(ms);
    },
  };
  const open = async () => {
    opened++;
    if (errnos[0] === Errno.ECONNREFUSED || errnos[0] === Errno.EACCES) fail();
    const read = reader.read.bind(reader);
    reader.read = async (place) => {
      fail();
      return read(place);
    };
    return reader;
  };
  return { patient: new PatientReader(open, options), told, waits, opened: () => opened };
}

t.test("a server that is away is waited for, longer each time, and told once", async (t) => {
  const away = [Errno.ECONNREFUSED, Errno.ETIMEDOUT, Errno.ENOENT, Errno.ETIMEDOUT];
  const { patient, told, waits, opened } = failing(away);
  t.match(await patient.read(1), { first: 1 });
  t.same(told, ["ECONNREFUSED", undefined]);
  t.equal(opened(), 2);
  t.equal(waits.length, 4);
  for (const [i, ms] of waits.entries()) {
    const most = 250 * 2 ** i;
    t.ok(ms > most / 2 - 1 && ms <= most, `${ms} of ${most} ms`);
  }
  t.same(await patient.bounds(), { first: 1, last: 1 });
});

t.test("a connection that is over is opened anew", async (t) => {
  const { patient, opened } = failing([]);
  await patient.read(1);
  const again = failing([Errno.ENOTCONN, Errno.ENOTCONN]);
  await again.patient.read(1);
  t.equal(opened(), 1);
  t.equal(again.opened(), 3);
});

t.test("an error that does not pass is thrown", async (t) => {
  const { patient, told } = failing([Errno.EACCES]);
  await t.rejects(patient.read(1), { code: "EACCES" });
  t.same(told, []);
});

t.test("the signal ends the waiting", async (t) => {
  const stop = new AbortController();
  const open = async (): Promise<never> => {
    throw new AuditError(Errno.ECONNREFUSED, "nobody is there");
  };
  const patient = new PatientReader(open, {
    signal: stop.signal,
    onChange: () => setImmediate(() => stop.abort()),
  });
  await t.rejects(patient.bounds(), { code: "ECONNREFUSED" });
  await pauseFor(1e6, stop.signal);
});

t.test("an acknowledgement that nobody hears is given up", async (t) => {
  const reader = new ArrayReader(batchOf(1, [1]), batchOf(2, [2]));
  const take = reader.take.bind(reader);
  const errnos: number[] = [Errno.ETIMEDOUT, Errno.EACCES];
  reader.take = async (consumer, most) =>
    (await take(consumer, most)).map((delivery) => ({
      ...delivery,
      ack: async () => {
        throw new AuditError(errnos.shift() ?? 0, "it failed");
      },
    }));
  const patient = new PatientReader(async () => reader);
  const [first, second] = await patient.take("main", 2, 0);
  await first?.ack();
  await t.rejects(second?.ack() ?? Promise.resolve(), { code: "EACCES" });
  await patient.close();
});
