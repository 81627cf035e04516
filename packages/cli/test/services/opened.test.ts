import t from "tap";
import { withOpened } from "../../src/services/opened.ts";

class Door {
  readonly #said: string[];
  readonly #name: string;
  readonly #jams: boolean;

  constructor(said: string[], name: string, jams = false) {
    this.#said = said;
    this.#name = name;
    this.#jams = jams;
  }

  async close(): Promise<void> {
    this.#said.push(this.#name);
    if (this.#jams) throw new Error(`${this.#name} jams`);
  }
}

t.test("what was opened is closed, the last first", async (t) => {
  const said: string[] = [];
  const result = await withOpened(async (opened) => {
    await opened(new Door(said, "a"));
    await opened(Promise.resolve(new Door(said, "b")));
    return 7;
  });
  t.equal(result, 7);
  t.same(said, ["b", "a"]);
});

t.test("also when the service fails, or does not get far", async (t) => {
  const said: string[] = [];
  const run = withOpened(async (opened) => {
    await opened(new Door(said, "a"));
    await opened(Promise.reject(new Error("refused")));
  });
  await t.rejects(run, { message: "refused" });
  t.same(said, ["a"]);
});

t.test(
  "one that does not close keeps no other open, and hides no error of the service",
  async (t) => {
    const said: string[] = [];
    const jammed = withOpened(async (opened) => {
      await opened(new Door(said, "a"));
      await opened(new Door(said, "b", true));
    });
    await t.rejects(jammed, { message: "b jams" });
    t.same(said, ["b", "a"]);
    const failed = withOpened(async (opened) => {
      await opened(new Door([], "a", true));
      throw new Error("no");
    });
    await t.rejects(failed, { message: "no" });
  },
);
