import fc from "fast-check";
import t from "tap";
import type { EmulatedEvent, EmulatedHostOptions } from "../src/world.ts";
import { EmulatedHost } from "../src/world.ts";

const start = 1795459233000;

const options: EmulatedHostOptions = {
  seed: 1,
  startTimeMs: start,
  containers: [
    { name: "web", contid: 101n, uid: 20001 },
    { name: "db", contid: 2n ** 63n + 5n, weight: 2, uid: 20002 },
    { name: "ci", contid: 7n, uid: 20003 },
    { name: "ci-inner", contid: 8n, parent: 7n, uid: 20004 },
  ],
};

function run(host: EmulatedHost, count: number): EmulatedEvent[] {
  const events: EmulatedEvent[] = [];
  for (let i = 0; i < count; i++) host.step(start + i / 10, (event) => events.push(event));
  return events;
}

function lines(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString("latin1");
  t.ok(text.endsWith("\n"));
  return text.slice(0, -1).split("\n");
}

function number(record: string | undefined, field: string): number {
  return Number(new RegExp(` ${field}=(\\d+)`).exec(record ?? "")?.[1]);
}

function syscallOf(event: EmulatedEvent): string | undefined {
  return event.records.find((record) => record.startsWith("type=SYSCALL "));
}

t.test("the same seed gives the same bytes, another seed other bytes", async () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, eoe) => {
      const chunk = (value: number): Buffer => {
        const host = new EmulatedHost({ ...options, seed: value, eoe, interleave: 0.3 });
        return Buffer.concat([host.fill(20_000, start).bytes, host.fill(20_000, start + 9).bytes]);
      };
      return chunk(seed).equals(chunk(seed)) && !chunk(seed).equals(chunk(seed ^ 1));
    }),
    { numRuns: 20 },
  );
});

t.test("fill writes what step emits", async (t) => {
  const { bytes, events, records } = new EmulatedHost(options).fill(100_000, start);
  const host = new EmulatedHost(options);
  const stepped: string[] = [];
  for (let i = 0; i < events; i++) {
    host.step(start, (event) => stepped.push(...event.records));
  }
  t.same(lines(bytes), stepped);
  t.equal(records, stepped.length);
});

t.test("fill reaches its target with whole events and refuses a target of 0", async (t) => {
  const host = new EmulatedHost(options);
  for (const target of [1, 1000, 65536]) {
    const { bytes } = host.fill(target, start);
    t.ok(bytes.length >= target);
    t.ok(bytes.length < target + 40_000);
  }
  t.throws(() => host.fill(0, start), RangeError);
  t.throws(() => host.fill(Number.NaN, start), RangeError);
});

t.test("serials go up by one, through the end of 32 bits", async (t) => {
  const events = run(new EmulatedHost({ ...options, firstSerial: 2 ** 32 - 100 }), 300);
  events.forEach((event, index) => {
    t.equal(event.serial, (2 ** 32 - 100 + index) % 2 ** 32);
  });
});

t.test("times never go back, whatever the caller says", async () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -5000, max: 5000, noNaN: true })), (offsets) => {
      const host = new EmulatedHost(options);
      let last = start;
      for (const offset of offsets) {
        host.step(start + offset, ({ sec, milli }) => {
          const time = sec * 1000 + milli;
          t.ok(time >= last && time <= Math.max(last, start + offset));
          last = time;
        });
      }
    }),
  );
});

t.test("AUD 4.1: every line follows the grammar, is ASCII and fits a record", async (t) => {
  const host = new EmulatedHost({ ...options, eoe: true });
  const value = `(?:"[^"]*"|'[^']*'|\\((?:none|null)\\)|[^ "'()]*)`;
  const field = `[a-z][a-z0-9_-]*(?:\\[\\d+\\])?=${value}`;
  const line = new RegExp(
    `^type=[A-Z_]+ msg=audit\\(\\d+\\.\\d{3}:\\d+\\): (?: ?${field}(?: ${field})*)?$`,
  );
  const types = new Set<string>();
  for (const event of run(host, 20_000)) {
    for (const record of event.records) {
      if (!line.test(record) || record.length > 8937) t.fail(record);
      types.add(/^type=(\w+)/.exec(record)?.[1] ?? "");
    }
  }
  for (const type of ["EXECVE", "SOCKADDR", "CONFIG_CHANGE", "USER_LOGIN", "ANOM_PROMISCUOUS"]) {
    t.ok(types.has(type), type);
  }
});

t.test(
  "AUD 4.2: comm, exe, name, cwd and proctitle are quoted or hex, and both occur",
  async (t) => {
    const printed = /^(?:"[\x21\x23-\x7e]*"|(?:[0-9A-F]{2})+)$/;
    const forms = new Map<string, Set<boolean>>();
    for (const event of run(new EmulatedHost(options), 5_000)) {
      for (const record of event.records) {
        if (record.includes(" msg='")) continue;
        for (const [, name = "", text = ""] of record.matchAll(
          / (comm|exe|name|cwd|proctitle)=(\S+)/g,
        )) {
          if (text === "(null)" || text === '"(null)"') continue;
          if (!printed.test(text)) t.fail(record);
          forms.set(name, (forms.get(name) ?? new Set()).add(text.startsWith('"')));
        }
      }
    }
    for (const name of ["comm", "exe", "name", "cwd", "proctitle"]) {
      t.equal(forms.get(name)?.size, 2, name);
    }
  },
);

t.test(
  "the event of a call ends in PROCTITLE, with eoe in EOE; user records stand alone",
  async (t) => {
    for (const eoe of [false, true]) {
      for (const event of run(new EmulatedHost({ ...options, eoe }), 2_000)) {
        const types = event.records.map((record) => /^type=(\w+)/.exec(record)?.[1]);
        if (syscallOf(event) === undefined) t.equal(types.length, 1);
        else t.same(types.slice(eoe ? -2 : -1), eoe ? ["PROCTITLE", "EOE"] : ["PROCTITLE"]);
      }
    }
  },
);

t.test("a pid has one owner at a time, and changes it only after its exit", async (t) => {
  const host = new EmulatedHost(options);
  const owners = new Map<number, bigint | undefined>();
  for (const { pid, contid } of host.registrations()) owners.set(pid, contid);
  const inits = new Set(owners.keys());
  const lived = new Map<number, Set<bigint | undefined>>();
  for (const event of run(host, 60_000)) {
    const { pid, contid } = event;
    if (pid === undefined) continue;
    if (owners.has(pid) && owners.get(pid) !== contid) t.fail(`pid ${pid} without exit`);
    owners.set(pid, contid);
    lived.set(pid, (lived.get(pid) ?? new Set()).add(contid));
    const call = syscallOf(event);
    if (call === undefined) continue;
    if (number(call, "pid") !== pid) t.fail(call);
    if (call.includes(" syscall=231 ")) {
      if (inits.has(pid)) t.fail(`init ${pid} exited`);
      owners.delete(pid);
    }
  }
  const reused = [...lived.values()].filter((contids) => contids.size > 1);
  t.ok(reused.length > 50, `${reused.length} pids went to another place`);
});

t.test("a task's parent is a known task of its place; the shim for an init", async (t) => {
  const host = new EmulatedHost(options);
  const registered = host.registrations();
  const inits = new Map(registered.map(({ pid, contid }) => [pid, contid]));
  const around = new Map(registered.map(({ contid, parent }) => [contid, parent]));
  const places = new Map<number, bigint | undefined>(inits);
  let checked = 0;
  for (const event of run(host, 40_000)) {
    const call = syscallOf(event);
    const { contid, pid } = event;
    if (call === undefined || pid === undefined) continue;
    const ppid = number(call, "ppid");
    const known = places.has(ppid);
    // A task that was not seen yet can only be one of the host's first ones, or a shim.
    const place = known ? places.get(ppid) : undefined;
    const expected = inits.has(pid) && contid !== undefined ? around.get(contid) : contid;
    if (known && place !== expected) t.fail(call);
    if (!known && contid !== undefined && !inits.has(pid)) t.fail(call);
    checked += 1;
    if (call.includes(" syscall=231 ")) places.delete(pid);
    else places.set(pid, contid);
  }
  t.ok(checked > 30_000);
});

t.test("a record without ppid comes only from a task that was placed before", async (t) => {
  const host = new EmulatedHost(options);
  const known = new Set<number>();
  let users = 0;
  for (const event of run(host, 40_000)) {
    if (event.pid === undefined) continue;
    const call = syscallOf(event);
    if (call === undefined) {
      users += 1;
      if (!known.has(event.pid)) t.fail(event.records[0] ?? "");
    } else if (call.includes(" syscall=231 ")) known.delete(event.pid);
    else known.add(event.pid);
  }
  t.ok(users > 100, `${users} user records`);
});

t.test("uids tell the containers apart, apart from programs that run as root", async (t) => {
  const uids = new Map([
    [101n, 20001],
    [2n ** 63n + 5n, 20002],
    [7n, 20003],
    [8n, 20004],
  ]);
  const found = new Set<number>();
  for (const event of run(new EmulatedHost(options), 5_000)) {
    if (event.contid === undefined) continue;
    const uid = number(syscallOf(event) ?? event.records[0], "uid");
    if (uid !== 0 && uid !== uids.get(event.contid)) t.fail(event.records[0] ?? "");
    found.add(uid);
  }
  t.same([...found].sort(), [0, 20001, 20002, 20003, 20004]);
});

t.test("interleaving keeps the events and each one's own order", async (t) => {
  const plain = new EmulatedHost(options).fill(300_000, start);
  const mixed = new EmulatedHost({ ...options, interleave: 0.5 }).fill(300_000, start);
  const bySerial = (all: readonly string[]): Map<string, string[]> => {
    const events = new Map<string, string[]>();
    for (const line of all) {
      const serial = /:(\d+)\)/.exec(line)?.[1] ?? "";
      const event = events.get(serial);
      if (event === undefined) events.set(serial, [line]);
      else event.push(line);
    }
    return events;
  };
  const expected = bySerial(lines(plain.bytes));
  const found = bySerial(lines(mixed.bytes));
  for (const [serial, event] of found) {
    if (expected.has(serial)) t.same(event, expected.get(serial));
  }
  const serials = lines(mixed.bytes).map((line) => Number(/:(\d+)\)/.exec(line)?.[1]));
  const back = serials.filter((serial, index) => serial < (serials[index - 1] ?? 0)).length;
  t.ok(back > 50, `${back} steps back in serials`);
  t.equal(found.size, mixed.events);
});

t.test("interleaving never mixes two events of one task", async (t) => {
  const alone: EmulatedHostOptions = {
    seed: 3,
    startTimeMs: start,
    containers: [{ name: "web", contid: 1n }],
    hostWeight: 0,
    tasksPerContainer: 0,
  };
  const plain = new EmulatedHost(alone).fill(50_000, start);
  const mixed = new EmulatedHost({ ...alone, interleave: 1 }).fill(50_000, start);
  const count = Math.min(plain.records, mixed.records);
  t.same(lines(mixed.bytes).slice(0, count), lines(plain.bytes).slice(0, count));
});

t.test("the truth of a chunk and the totals are what the lines say", async (t) => {
  const host = new EmulatedHost({ ...options, interleave: 0.3 });
  const names = new Map(host.registrations().map(({ contid, name }) => [contid, name]));
  const sums = new Map<string, { events: number; records: number }>();
  for (let i = 0; i < 10; i++) {
    const { bytes, events, records, tally } = host.fill(30_000, start + i);
    const text = lines(bytes);
    t.equal(records, text.length);
    t.equal(events, new Set(text.map((line) => /audit\([^)]*\)/.exec(line)?.[0])).size);
    for (const [contid, part] of tally) {
      const name = contid === undefined ? "host" : (names.get(contid) ?? "?");
      const sum = sums.get(name) ?? { events: 0, records: 0 };
      sum.events += part.events;
      sum.records += part.records;
      sums.set(name, sum);
    }
  }
  t.same(new Map([...host.totals()].sort()), new Map([...sums].sort()));
});

t.test("stopContainer emits the exit of every task of it, the nested ones first", async (t) => {
  const host = new EmulatedHost(options);
  const alive = new Map<number, bigint | undefined>();
  for (const event of run(host, 20_000)) {
    const call = syscallOf(event);
    if (call === undefined || event.pid === undefined) continue;
    if (call.includes(" syscall=231 ")) alive.delete(event.pid);
    else alive.set(event.pid, event.contid);
  }
  const [outer, inner] = [host.initPid("ci"), host.initPid("ci-inner")];
  const exits: EmulatedEvent[] = [];
  host.stopContainer("ci", start + 5000, (event) => exits.push(event));
  for (const event of exits) t.match(syscallOf(event), / syscall=231 a0=/);
  const gone = exits.map((event) => event.pid ?? 0);
  t.equal(new Set(gone).size, gone.length, "each exits once");
  for (const [pid, contid] of alive) {
    if (contid === 7n || contid === 8n) t.ok(gone.includes(pid), `pid ${pid}`);
  }
  t.ok(gone.indexOf(inner) < gone.indexOf(outer));
  t.equal(gone.indexOf(outer), gone.length - 2, "the init goes last but for its shim");
  t.equal(exits.at(-1)?.contid, undefined, "the shim is a task of the host");
  t.same(
    host.registrations().map(({ name }) => name),
    ["web", "db"],
  );
  t.throws(() => host.initPid("ci"), RangeError);
  for (const event of run(host, 3_000)) {
    if (event.contid === 7n || event.contid === 8n) t.fail("an event after the stop");
  }
});

t.test("a contid can be used again after its container was stopped", async (t) => {
  const host = new EmulatedHost(options);
  run(host, 2_000);
  host.stopContainer("web", start, () => {});
  t.throws(() => host.startContainer({ name: "db", contid: 101n }), RangeError);
  const registration = host.startContainer({ name: "web", contid: 101n, uid: 20009 });
  t.equal(registration.pid, host.initPid("web"));
  t.match(host.registrations().at(-1), { name: "web", contid: 101n });
  const pids = run(host, 3_000).filter((event) => event.contid === 101n);
  t.ok(pids.length > 100);
});

t.test("a start time out of range is refused", async (t) => {
  for (const startTimeMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => new EmulatedHost({ ...options, startTimeMs }), RangeError);
  }
});

t.test("endTasks ends every task but those that last, and the host goes on", async (t) => {
  const host = new EmulatedHost(options);
  run(host, 500);
  const ended: EmulatedEvent[] = [];
  host.endTasks(start + 1000, (event) => ended.push(event));
  t.ok(ended.length > 0);
  t.ok(ended.every(({ records }) => / syscall=231 /.test(records[0] ?? "")));
  t.equal(new Set(ended.map(({ pid }) => pid)).size, ended.length, "each once");
  const again: EmulatedEvent[] = [];
  host.endTasks(start + 1000, (event) => again.push(event));
  t.same(again, []);
  t.equal(run(host, 10).length, 10);
});
