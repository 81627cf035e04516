import fc from "fast-check";
import t from "tap";
import { logNames, type SeenFile, whileUnmoved } from "../src/log-files.ts";

t.test("the files of a log are found among others, newest first", async (t) => {
  const names = ["audit.log.10.gz", "audit.log.2", "audit.log.2.gz", "audit.log", "audit.log.1"];
  const others = ["audit.log.0", "audit.log.01", "audit.log.1.bz2", "audit.logs", ".audit.log.idx"];
  t.same(
    logNames([...others, ...names], "audit.log").map(({ name, number }) => [name, number]),
    [
      ["audit.log", 0],
      ["audit.log.1", 1],
      ["audit.log.2", 2],
      ["audit.log.2.gz", 2],
      ["audit.log.10.gz", 10],
    ],
  );
  t.same(logNames(["audit.log.3.gz"], "audit.log"), [
    { name: "audit.log.3.gz", number: 3, compressed: true },
  ]);
});

t.test("any names give files in order, each of which is its number", async (t) => {
  const part = fc.oneof(fc.constantFrom(".", "1", "20", ".gz", "a.log"), fc.string());
  const name = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.array(name), (names) => {
      const found = logNames(names, "a.log");
      const numbers = found.map(({ number }) => number);
      t.same(
        numbers,
        [...numbers].sort((a, b) => a - b),
      );
      for (const { name, number, compressed } of found) {
        t.equal(name, `a.log${number === 0 ? "" : `.${number}`}${compressed ? ".gz" : ""}`);
      }
    }),
  );
});

/** A log whose files are moved at the given looks. */
class MovingLog {
  readonly path = "a.log";
  readonly undone: string[] = [];
  #looks = 0;
  readonly #seen: (look: number) => readonly SeenFile[];
  readonly #work: (files: readonly SeenFile[]) => string | undefined;

  constructor(
    seen: (look: number) => readonly SeenFile[],
    work: (files: readonly SeenFile[]) => string | undefined = textOf,
  ) {
    this.#seen = seen;
    this.#work = work;
  }

  get looks(): number {
    return this.#looks;
  }

  async look(): Promise<readonly SeenFile[]> {
    return this.#seen(this.#looks++);
  }

  async work(files: readonly SeenFile[]): Promise<string | undefined> {
    return this.#work(files);
  }

  async undo(made: string): Promise<void> {
    this.undone.push(made);
  }
}

function textOf(files: readonly SeenFile[]): string {
  return files.map(({ path, inode }) => `${path}=${inode}`).join(" ");
}

function seen(...inodes: string[]): SeenFile[] {
  return inodes.map((inode, i) => ({ path: i === 0 ? "a.log" : `a.log.${i}`, inode }));
}

t.test("work on a log that nobody moves is done once", async (t) => {
  const log = new MovingLog(() => seen("7", "6"));
  t.equal(await whileUnmoved(log), "a.log=7 a.log.1=6");
  t.same([log.looks, log.undone], [2, []]);
  t.equal(await whileUnmoved(new MovingLog(() => [])), "", "also on none");
});

t.test("behind a rotation that left the same names the work is done again", async (t) => {
  // As many files as before, but each name leads to another one: only the inodes say so.
  const log = new MovingLog((look) => (look === 0 ? seen("7", "6") : seen("8", "7")));
  t.equal(await whileUnmoved(log), "a.log=8 a.log.1=7");
  t.same(log.undone, ["a.log=7 a.log.1=6"]);
});

t.test("in the middle of a rotation there are as many names, but others", async (t) => {
  const middle = [
    { path: "a.log", inode: "7" },
    { path: "a.log.2", inode: "6" },
  ];
  const log = new MovingLog((look) => (look === 0 ? seen("7", "6") : middle));
  t.equal(await whileUnmoved(log), "a.log=7 a.log.2=6");
});

t.test("work that finds another file than was seen is done again", async (t) => {
  let times = 0;
  const log = new MovingLog(
    () => seen("7"),
    (files) => (++times === 1 ? undefined : textOf(files)),
  );
  t.equal(await whileUnmoved(log), "a.log=7");
  t.same([times, log.undone], [2, []]);
});

t.test("a log that is rotated all the time is given up, and nothing is kept", async (t) => {
  const log = new MovingLog((look) => seen(String(look)));
  await t.rejects(whileUnmoved(log), { code: "EAGAIN", message: /^EAGAIN.*a\.log: rotated/ });
  t.equal(log.undone.length, log.looks - 1);
});

t.test("an error of the work ends it", async (t) => {
  const log = new MovingLog(
    () => seen("7"),
    () => {
      throw new Error("EIO");
    },
  );
  await t.rejects(whileUnmoved(log), { message: "EIO" });
});
