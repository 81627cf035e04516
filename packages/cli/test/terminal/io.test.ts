import t from "tap";
import { listenForStop } from "../../src/terminal/io.ts";

const ASKING = ["SIGINT", "SIGTERM"] as const;

/** Listeners of this process for the signals that ask to stop. */
function listeners(): number[] {
  return ASKING.map((name) => process.listenerCount(name));
}

for (const [name, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  t.test(
    `${name} asks to stop, with exit code ${code}; a second signal is not held up`,
    async (t) => {
      const before = listeners();
      const stop = listenForStop();
      t.same([stop.signal, stop.exitCode], [undefined, 0]);
      t.same(
        listeners(),
        before.map((count) => count + 1),
      );
      // A signal on its way does not keep the process going.
      const alive = setInterval(() => undefined, 1000);
      process.kill(process.pid, name);
      await stop.requested;
      clearInterval(alive);
      t.same([stop.signal, stop.exitCode], [name, code]);
      t.same(listeners(), before, "the next signal has its default effect");
    },
  );
}

t.test("a reader of stdout that goes away asks to stop, as SIGPIPE would", async (t) => {
  const listening = process.stdout.listeners("error");
  const stop = listenForStop();
  const added = process.stdout.listeners("error").filter((each) => !listening.includes(each));
  t.equal(added.length, 1);
  added[0]?.(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  await stop.requested;
  t.same([stop.signal, stop.exitCode], ["SIGPIPE", 141]);
  const other = Object.assign(new Error("write EIO"), { code: "EIO" });
  t.throws(() => added[0]?.(other), other);
});
