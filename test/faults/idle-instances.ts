// Run by idle-memory.test.ts with --expose-gc: prints the bytes of an idle instance.
import { Auditd } from "@cauditd/auditd";
import { MemoryBus } from "@cauditd/bus";

const INSTANCES = 1000;
const [folder = ""] = process.argv.slice(2);
const quiet = { warn: () => undefined, error: () => undefined };

function used(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const bus = new MemoryBus({ frames: 64, bytes: 32 * 1024 * 1024 });
const auditd = new Auditd(bus, folder, quiet);
await auditd.serve("host", "host");
const before = used();
for (let i = 1; i <= INSTANCES; i++) await auditd.serve(`c${i}`, String(i));
process.stdout.write(String(Math.round((used() - before) / INSTANCES)));
await auditd.stop();
await bus.close();
