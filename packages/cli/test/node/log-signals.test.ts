import t from "tap";
import { listenForLogSignals } from "../../src/node/log-signals.ts";

t.test("HUP reloads, USR1 rotates, USR2 resumes, CONT tells, one after the other", async (t) => {
  const done: string[] = [];
  const texts: string[] = [];
  const told = {
    warn: () => undefined,
    error: (_details: object, text: string) => texts.push(text),
  };
  let last: () => void = () => undefined;
  const end = new Promise<void>((resolve) => {
    last = resolve;
  });
  const before = process.listenerCount("SIGHUP");
  const quiet = listenForLogSignals(
    {
      async reload() {
        done.push("reload");
        throw new Error("no");
      },
      async rotate() {
        done.push("rotate");
      },
      async resume() {
        done.push("resume");
      },
      async dump() {
        done.push("dump");
        last();
      },
    },
    told,
  );
  t.equal(process.listenerCount("SIGHUP"), before + 1);
  process.emit("SIGHUP");
  process.emit("SIGUSR1");
  process.emit("SIGUSR2");
  process.emit("SIGCONT");
  await end;
  t.same(done, ["reload", "rotate", "resume", "dump"]);
  t.same(texts, ["cannot reload"]);
  quiet();
  t.equal(process.listenerCount("SIGHUP"), before);
});
