import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryBus } from "@cauditd/bus";
import { Dispatcher } from "@cauditd/dispatcher";
import t from "tap";
import { keptContainers } from "../../src/config/kept-containers.ts";
import { REGISTRATION_FILE } from "../../src/config/registration-file.ts";
import { bootId } from "../../src/source/tasks-here.ts";
import { fakeIo } from "../fake-io.ts";

function written(logs: string, boot: string): void {
  const tasks = [{ pid: 300 }, { pid: 301 }];
  const containers = [{ name: "late", contid: "9", owner: "ops", tasks }];
  writeFileSync(join(logs, REGISTRATION_FILE), JSON.stringify({ version: 1, boot, containers }));
}

t.test("kept containers are registered with their tasks and owners", async (t) => {
  const logs = t.testdir({});
  written(logs, bootId());
  const config = { logs, source: { type: "stdin" }, fresh: false } as const;
  const kept = await keptContainers(config, [], fakeIo());
  t.same(kept.registrations, [{ name: "late", contid: 9n, pid: 300 }]);
  t.equal(kept.live, false, "of standard input nobody knows whose tasks they are");
  const bus = new MemoryBus({ frames: 64, bytes: 1 << 20 });
  const dispatcher = new Dispatcher({ bus, onFull: "drop" });
  for (const one of kept.registrations) dispatcher.register(one);
  const owners = kept.enter(dispatcher);
  t.equal(dispatcher.containerOf(301)?.name, "late");
  t.same([...owners.values()], ["ops"]);
});

t.test("CID-104: the log of one that is over is set aside; fresh forgets all", async (t) => {
  const logs = t.testdir({});
  mkdirSync(join(logs, "late"));
  written(logs, "another boot");
  const config = { logs, source: { type: "stdin" }, fresh: false } as const;
  const io = fakeIo();
  const kept = await keptContainers(config, [], io);
  t.same(kept.registrations, []);
  t.equal(io.logged.length, 1);
  await kept.prepare();
  t.same([existsSync(join(logs, "late")), existsSync(join(logs, "late~1"))], [false, true]);
  t.equal(existsSync(join(logs, REGISTRATION_FILE)), false, "and nothing is kept of it");
  written(logs, bootId());
  const fresh = await keptContainers({ ...config, fresh: true }, [], io);
  t.same(fresh.registrations, []);
  await fresh.prepare();
  t.equal(existsSync(join(logs, REGISTRATION_FILE)), false);
});
