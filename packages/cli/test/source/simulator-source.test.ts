import t from "tap";
import { simulatorSource } from "../../src/source/simulator-source.ts";

const CONFIG = { type: "simulator", seed: 1, rate: 1000 } as const;

t.test(
  "its containers come and go while it runs, and their last records are handed on",
  async (t) => {
    const source = simulatorSource(CONFIG, [{ name: "web", contid: 1n }]);
    t.same(
      source.registrations.map(({ name }) => name),
      ["web"],
    );
    const stop = new AbortController();
    let text = "";
    const running = source.run((bytes) => {
      text += Buffer.from(bytes).toString("latin1");
      return undefined;
    }, stop.signal);
    const made = source.maker?.begin({ name: "db", contid: 2n, parent: 1n });
    t.match(made, { name: "db", contid: 2n, parent: 1n });
    t.ok(Number(made?.pid) > Number(source.registrations[0]?.pid));
    text = "";
    source.maker?.end("db");
    t.match(text, new RegExp(`syscall=231 .* pid=${made?.pid} `), "exit_group of its first task");
    t.ok(text.endsWith("\n"));
    t.throws(() => source.maker?.end("db"), /running/);
    stop.abort();
    await running;
  },
);
