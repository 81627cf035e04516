import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { Unanswered } from "../../src/nats/frame-stream.ts";
import { type Connection, Link } from "../../src/nats/link.ts";

class FakeConnection implements Connection {
  readonly #events: { type: string }[] = [];
  #wake: () => void = () => undefined;
  close: (reason?: Error) => void = () => undefined;
  readonly #closed = new Promise<Error | undefined>((resolve) => {
    this.close = resolve;
  });

  event(type: string): void {
    this.#events.push({ type });
    this.#wake();
  }

  async *status(): AsyncGenerator<{ type: string }> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  closed(): Promise<Error | undefined> {
    return this.#closed;
  }
}

function open() {
  const connection = new FakeConnection();
  const link = new Link(connection, "nats://h:1");
  const heard: string[] = [];
  const next = (): Promise<string> =>
    new Promise((resolve) => {
      const hear = (what: string) => () => {
        unwatch();
        resolve(what);
      };
      const unwatch = link.watch({ lost: hear("lost"), back: hear("back") });
    });
  link.watch({ lost: () => heard.push("lost"), back: () => heard.push("back") });
  return { connection, link, heard, next };
}

const never = () => new Promise<string>(() => undefined);

t.test("work under way ends with the connection, and goes on after it", async (t) => {
  const { connection, link, heard, next } = open();
  t.equal(await link.guard(async () => "answer"), "answer");
  const work = link.guard(never);
  const lost = next();
  connection.event("disconnect");
  await t.rejects(work, new Unanswered("nats://h:1 does not answer"));
  await lost;
  t.notOk(link.up);
  await t.rejects(
    link.guard(async () => "not called"),
    { name: "Unanswered" },
  );
  const ready = link.ready(1e6);
  connection.event("pingTimer");
  connection.event("reconnect");
  await ready;
  t.ok(link.up);
  t.equal(await link.guard(async () => "answer"), "answer");
  t.same(heard, ["lost", "back"]);
});

t.test("ready waits no longer than asked for", async (t) => {
  const { connection, link, next } = open();
  await link.ready(1);
  const lost = next();
  connection.event("disconnect");
  await lost;
  await link.ready(1);
  t.notOk(link.up);
});

t.test("a connection that is over is over", async (t) => {
  const { connection, link, heard } = open();
  const work = link.guard(never);
  connection.close(new Error("account expired"));
  const over = { code: "ENOTCONN", message: /nats:\/\/h:1: account expired/ };
  await t.rejects(work, over);
  await t.rejects(link.guard(never), over);
  await t.rejects(link.ready(1e6), over);
  connection.event("reconnect");
  await t.rejects(link.ready(1e6), over);
  t.same(heard, ["lost"]);
});

t.test(
  "work that has ended leaves nothing behind, however long the connection lasts",
  async (t) => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const { link } = open();
    const rounds = async (): Promise<number> => {
      for (let i = 0; i < 20_000; i++) await link.guard(async () => i);
      gc();
      return process.memoryUsage().heapUsed;
    };
    await rounds();
    const before = await rounds();
    const grown = (await rounds()) - before;
    t.ok(grown < 20_000 * 50, `${grown} bytes`);
  },
);
