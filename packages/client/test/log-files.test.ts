import { appendFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { LogFiles } from "../src/log-files.ts";

async function earlier(files: LogFiles): Promise<string> {
  let text = "";
  for await (const bytes of files.earlier()) text += bytes.toString();
  return text;
}

async function rest(files: LogFiles): Promise<string> {
  let text = "";
  for (let bytes = await files.next(); bytes !== undefined; bytes = await files.next()) {
    text += bytes.toString();
  }
  return text;
}

t.test("rotated files come oldest first, compressed ones too, then the current one", async (t) => {
  const folder = t.testdir({
    "audit.log": "e",
    "audit.log.1": "d",
    "audit.log.2": "c",
    "audit.log.2.gz": gzipSync("again"),
    "audit.log.10.gz": gzipSync("a"),
    "audit.log.9": "b",
    "audit.log.old": "x",
    ".audit.log.idx": "x",
  });
  const files = new LogFiles(join(folder, "audit.log"));
  t.equal(await earlier(files), "abcd");
  t.equal(await rest(files), "e");
  await files.close();
});

t.test(
  "rotations while the rotated files are read hide nothing and show nothing twice",
  async (t) => {
    const folder = t.testdir({ "audit.log": "d", "audit.log.1": "c", "audit.log.2": "b" });
    const path = join(folder, "audit.log");
    writeFileSync(`${path}.3.gz`, gzipSync("a"));
    const rotate = (text: string): void => {
      renameSync(`${path}.3.gz`, `${path}.4.gz`);
      for (const [from, to] of [
        [".2", ".3"],
        [".1", ".2"],
        ["", ".1"],
      ]) {
        renameSync(`${path}${from}`, `${path}${to}`);
      }
      writeFileSync(path, text);
    };
    const files = new LogFiles(path);
    let text = "";
    for await (const bytes of files.earlier()) {
      text += bytes.toString();
      if (text === "a") rotate("e");
    }
    t.equal(text + (await rest(files)), "abcde");
    await files.close();
  },
);

t.test("a rotation before any step that leaves the same names shows nothing twice", async (t) => {
  for (let at = 1; at <= 16; at++) {
    const folder = t.testdir({ "audit.log": "c", "audit.log.1": "b", "audit.log.2": "a" });
    const path = join(folder, "audit.log");
    let calls = 0;
    const step = (): void => {
      if (++calls !== at) return;
      renameSync(`${path}.1`, `${path}.2`);
      renameSync(path, `${path}.1`);
      writeFileSync(path, "d");
    };
    const files = new LogFiles(path, {
      readdir: async (folder) => {
        step();
        return readdir(folder);
      },
      stat: async (path, options) => {
        step();
        return stat(path, options);
      },
      open: async (path, flags) => {
        step();
        return open(path, flags);
      },
    });
    const seen = (await earlier(files)) + (await rest(files));
    t.match(seen, /^a?bcd?$/, `rotated before call ${at}`);
    await files.close();
  }
});

t.test("a log that is seen between the steps of a rotation goes on behind it", async (t) => {
  const folder = t.testdir({ "audit.log.1": "b", "audit.log.2": "a" });
  const path = join(folder, "audit.log");
  const files = new LogFiles(path);
  const seen = await earlier(files);
  for (const number of [2, 1]) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
  writeFileSync(`${path}.1`, "c");
  writeFileSync(path, "d");
  t.equal(seen + (await rest(files)), "abcd");
  await files.close();
});

t.test("a log that is rotated again and again is read whole", async (t) => {
  const folder = t.testdir({});
  const path = join(folder, "audit.log");
  let next = 0;
  const rotate = (): void => {
    for (let number = next; number > 0; number--) {
      renameSync(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
    }
    writeFileSync(path, `${next++} `);
  };
  for (let i = 0; i < 5; i++) rotate();
  let [rotations, busy] = [0, true];
  const storm = (async () => {
    while (busy && rotations++ < 40) {
      rotate();
      await new Promise((resolve) => setTimeout(resolve, rotations % 3));
    }
  })();
  const files = new LogFiles(path);
  const seen = (await earlier(files)) + (await rest(files));
  busy = false;
  await storm;
  const numbers = `${seen}${await rest(files)}`.trim().split(" ").map(Number);
  await files.close();
  t.same(
    numbers,
    Array.from({ length: next }, (_, i) => i),
    "none is missing or comes twice",
  );
});

t.test("what is appended comes across rotations, of which several may go unseen", async (t) => {
  const folder = t.testdir({ "audit.log": "a" });
  const path = join(folder, "audit.log");
  const files = new LogFiles(path);
  t.equal(await earlier(files), "");
  t.equal(await rest(files), "a");
  appendFileSync(path, "b");
  renameSync(path, `${path}.2`);
  writeFileSync(`${path}.1`, "c");
  writeFileSync(path, "d");
  t.equal(await rest(files), "bcd");
  appendFileSync(path, "e");
  t.equal(await rest(files), "e");
  await files.close();
});

t.test(
  "a file that is gone is left behind, and a log that is not there is waited for",
  async (t) => {
    const folder = t.testdir({});
    const path = join(folder, "audit.log");
    const files = new LogFiles(path);
    t.equal(await rest(files), "");
    writeFileSync(path, "a");
    t.equal(await rest(files), "a");
    unlinkSync(path);
    t.equal(await rest(files), "");
    writeFileSync(path, "b");
    t.equal(await rest(files), "b");
    await files.close();
  },
);

t.test("from the end, only what comes is read", async (t) => {
  const folder = t.testdir({ "audit.log": "a" });
  const files = new LogFiles(join(folder, "audit.log"));
  await files.skip();
  t.equal(await files.next(), undefined);
  appendFileSync(join(folder, "audit.log"), "b");
  t.equal(await rest(files), "b");
  await files.close();
});

t.test("a folder that is not there is told, one that is only taken over is not", async (t) => {
  const folder = t.testdir({ web: {} });
  const path = join(folder, "web");
  const files = new LogFiles(join(path, "audit.log"));
  await files.expectFolder();
  const away = `${path}.away`;
  renameSync(path, away);
  await t.rejects(files.expectFolder(), { code: "ENOENT", path });
  const found = files.expectFolder();
  renameSync(away, path);
  await found;
});
