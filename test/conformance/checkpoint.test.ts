// Checkpoints of `cauditd search` over logs that rotate, beside what the real ausearch 3.0.9 did.
//
// AUSEARCH_RECORD=/usr/sbin/ausearch records its answers anew.
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { search } from "../../packages/cli/src/search/search.ts";
import { fakeIo } from "../../packages/cli/test/fake-io.ts";
import { testFile } from "../support/search-logs.ts";

process.env["TZ"] = "UTC";

/** What a search did: its exit code and texts, and what the checkpoint says then. */
interface Answer {
  readonly exit: number;
  /** Serials of the events that were printed. */
  readonly serials: readonly string[];
  readonly complaint: string;
  /** The checkpoint's last line, and the log that its inode is of. */
  readonly point: string;
  readonly log: string;
}

type Run = (args: readonly string[], dir: string) => Promise<Answer>;

interface Stage {
  /** Searches the folder of the logs, or what is named. */
  readonly run: (...args: string[]) => Promise<void>;
  readonly append: (log: string, from: number, to: number) => void;
  /** Each log becomes the next older one. */
  readonly rotate: () => void;
  readonly remove: (log: string) => void;
  readonly point: (text: string) => void;
}

const BEGIN = 1_768_651_200;

function call(serial: number): string {
  const head = `type=SYSCALL msg=audit(${BEGIN + serial}.000:${serial}): arch=c000003e syscall=2`;
  return `${head} success=yes exit=3 a0=1 a1=2 ppid=1 pid=${serial} auid=0 uid=0 ses=1 key="k"\n`;
}

/** The stories: what happens to the logs between searches. */
const STORIES: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  "a log that grows": async ({ append, run }) => {
    append("audit.log", 1, 5);
    await run("--raw", "--checkpoint", "CP");
    await run("--raw", "--checkpoint", "CP");
    append("audit.log", 6, 9);
    await run("--raw", "--checkpoint", "CP", "-p", "6");
    append("audit.log", 10, 14);
    await run("--raw", "--checkpoint", "CP");
    await run("--checkpoint", "CP", "-p", "77");
  },
  "logs that rotate, once and twice between searches": async ({ append, rotate, run }) => {
    append("audit.log", 1, 5);
    await run("--raw", "--checkpoint", "CP");
    append("audit.log", 6, 8);
    rotate();
    append("audit.log", 9, 12);
    await run("--raw", "--checkpoint", "CP");
    append("audit.log", 13, 14);
    rotate();
    append("audit.log", 15, 16);
    rotate();
    append("audit.log", 17, 20);
    await run("--raw", "--checkpoint", "CP");
  },
  "a log that vanished": async ({ append, rotate, remove, run }) => {
    append("audit.log", 1, 5);
    await run("--raw", "--checkpoint", "CP");
    rotate();
    append("audit.log", 6, 9);
    remove("audit.log.1");
    await run("--raw", "--checkpoint", "CP");
    await run("--raw", "--checkpoint", "CP", "-ts", "checkpoint");
    append("audit.log", 10, 13);
    await run("--raw", "--checkpoint", "CP");
    remove("audit.log");
    await run("--raw", "--checkpoint", "CP");
    await run("--raw", "--checkpoint", "CP", "--start", "checkpoint");
  },
  "--just-one": async ({ append, rotate, run }) => {
    append("audit.log", 1, 5);
    await run("--raw", "--checkpoint", "CP", "--just-one");
    await run("--raw", "--checkpoint", "CP");
    await run("--raw", "--checkpoint", "CP", "--just-one");
    rotate();
    append("audit.log", 6, 9);
    await run("--raw", "--checkpoint", "CP");
    rotate();
    append("audit.log", 10, 14);
    await run("--raw", "--checkpoint", "CP", "--just-one");
    await run("--raw", "--just-one", "-ts", "checkpoint", "--checkpoint", "CP");
  },
  "checkpoints that are wrong": async ({ append, point, run }) => {
    append("audit.log", 1, 9);
    for (const text of WRONG) {
      point(text);
      await run("--raw", "--checkpoint", "CP");
      await run("-if", "audit.log", "--raw", "--checkpoint", "CP");
    }
    await run("--raw", "--checkpoint", "DIR");
    await run("--raw", "--checkpoint", "DIR/none/CP");
    await run("--raw", "-ts", "checkpoint");
  },
  "a checkpoint of another time in the same log": async ({ append, point, run }) => {
    append("audit.log", 20, 29);
    for (const stamp of ["1.000:3", `${BEGIN + 19}.500:3`, `${BEGIN + 24}.000:24`, "0.000:0"]) {
      for (const more of [[], ["--just-one"], ["-ts", "checkpoint"]]) {
        point(`DEV\noutput=- ${stamp} 0x514\n`);
        await run("--raw", "--checkpoint", "CP", ...more);
      }
    }
    point(`DEV\noutput=node ${BEGIN + 24}.000:24 0x514\n`);
    await run("--raw", "--checkpoint", "CP");
  },
};

const WRONG = [
  "dev=0x1\n",
  "dev=zz\ninode=5\n",
  "x=1\n",
  "dev=0x1\ninode=5\noutput=-\n",
  "dev=0x1\ninode=5\noutput=- 5.1\n",
  "dev=0x1\ninode=5\noutput=n 5.12:6 0x514\n",
  "inode=0x10\ndev=1\noutput=n  5.1234:6 0x514\n",
  "inode=0x10\ndev=1\noutput=n  5.123: 6   0x514 more\n",
  "dev=99999999999999999999999\ninode=5\n",
  "inode=99999999999999999999999\ndev=5\n",
  "",
];

/** Runs a story; returns what each of its searches did. */
async function played(story: (stage: Stage) => Promise<void>, run: Run): Promise<Answer[]> {
  const dir = mkdtempSync(join(tmpdir(), "checkpoint-"));
  const logs = join(dir, "logs");
  mkdirSync(logs);
  const answers: Answer[] = [];
  const texts = { CP: join(dir, "cp"), DIR: dir };
  try {
    await story({
      run: async (...args) => {
        const words = args.map((word) =>
          word
            .replace(/^CP$/, texts.CP)
            .replace(/^DIR/, dir)
            .replace(/^audit/, `${logs}/audit`),
        );
        answers.push(await run(words.includes("-if") ? words : ["-if", logs, ...words], dir));
      },
      append: (log, from, to) => {
        for (let serial = from; serial <= to; serial++) {
          appendFileSync(join(logs, log), call(serial));
        }
      },
      rotate: () => {
        const count = readdirSync(logs).length;
        for (let n = count - 1; n > 0; n--) {
          renameSync(join(logs, `audit.log.${n}`), join(logs, `audit.log.${n + 1}`));
        }
        renameSync(join(logs, "audit.log"), join(logs, "audit.log.1"));
      },
      remove: (log) => rmSync(join(logs, log)),
      point: (text) => {
        const { dev, ino } = statSync(join(logs, "audit.log"));
        writeFileSync(texts.CP, text.replace("DEV", `dev=0x${dev.toString(16)}\ninode=${ino}`));
      },
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
  return answers;
}

function answerOf(exit: number, out: string, err: string, dir: string): Answer {
  let text = "";
  try {
    text = readFileSync(join(dir, "cp"), "latin1");
  } catch {}
  const inode = Number(/^inode=(\d+)$/m.exec(text)?.[1]);
  const logs = join(dir, "logs");
  return {
    exit,
    serials: [...out.matchAll(/audit\(\d+\.000:(\d+)\)/g)].map(([, serial = ""]) => serial),
    complaint: err.replaceAll(dir, "DIR"),
    point: /^output=.*$/m.exec(text)?.[0] ?? "",
    log: readdirSync(logs).find((name) => statSync(join(logs, name)).ino === inode) ?? "",
  };
}

const ours: Run = async (args, dir) => {
  const io = fakeIo();
  try {
    return answerOf(await search(args, io), io.stdout(), io.stderr(), dir);
  } catch {
    // The command names the log in its own words.
    return answerOf(1, io.stdout(), `${io.stderr()}NOT OPENED`, dir);
  }
};

const real =
  (program: string): Run =>
  async (args, dir) => {
    const env = { PATH: process.env["PATH"] ?? "", TZ: "UTC", LC_ALL: "C" };
    const ran = spawnSync(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const err = ran.stderr.toString("latin1").replace(/Error opening .*\n$/, "NOT OPENED");
    return answerOf(ran.status ?? -1, ran.stdout.toString("latin1"), err, dir);
  };

const file = testFile("golden/ausearch/checkpoints.json");
const program = process.env["AUSEARCH_RECORD"];
if (program !== undefined) {
  const recorded: Record<string, Answer[]> = {};
  for (const [name, story] of Object.entries(STORIES)) {
    recorded[name] = await played(story, real(program));
  }
  writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`);
}
const golden = JSON.parse(readFileSync(file, "utf8")) as Record<string, Answer[]>;

for (const [name, story] of Object.entries(STORIES)) {
  t.test(`AUD-154: checkpoints and ${name}: as ausearch`, async (t) => {
    const answers = await played(story, ours);
    t.equal(answers.length, golden[name]?.length);
    for (const [i, answer] of answers.entries()) t.same(answer, golden[name]?.[i], `search ${i}`);
  });
}

t.test("a log that was compressed since its checkpoint is found by its event", async (t) => {
  const dir = t.testdir({ logs: {} });
  const log = join(dir, "logs/audit.log");
  const go = () => ours(["-if", join(dir, "logs"), "--raw", "--checkpoint", join(dir, "cp")], dir);
  const text = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, i) => call(from + i)).join("");
  writeFileSync(log, text(1, 5));
  t.match(await go(), { exit: 0, serials: ["1", "2", "3"] });
  // Its inode must not become that of another log.
  renameSync(log, join(dir, "old"));
  writeFileSync(`${log}.1.gz`, gzipSync(text(1, 6)));
  writeFileSync(log, text(7, 9));
  t.match(await go(), { exit: 0, serials: ["4", "5", "6", "7"] });
  renameSync(log, join(dir, "older"));
  writeFileSync(`${log}.1.gz`, gzipSync(text(20, 24)));
  writeFileSync(log, text(25, 29));
  t.match(await go(), { exit: 10, serials: [] }, "its event is gone");
});
