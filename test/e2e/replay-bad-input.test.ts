// What `cauditd replay` says to input that it cannot use, and that it leaves everything alone.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { cauditd } from "../support/cauditd.ts";

const RECORD = "type=DAEMON_START msg=audit(1700000000.001:7): op=start res=success\n";
const WEB = { name: "web", contid: "1", pid: 100 };

/** A folder with a log and a containers file, and `files`. */
function folderOf(t: Test, files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = t.testdir({});
  const all = { "audit.log": RECORD, "containers.json": JSON.stringify([WEB]), ...files };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content);
  return folder;
}

t.test("every problem at once, by file and field: exit code 1, nothing written", async (t) => {
  const bad = [
    { ...WEB, contid: 1 },
    { name: "host", contid: "18446744073709551615", pid: 0 },
    { ...WEB, name: "../x", contid: "2", pid: 1.5 },
  ];
  const cwd = folderOf(t, { "containers.json": JSON.stringify(bad) });
  const before = readdirSync(cwd);
  const logs = ["none.log", "audit.log", ".", "audit.log/x"];
  const args = ["replay", ...logs, "--containers", "containers.json", "--out", "out"];
  const { code, stdout, stderr } = await cauditd(t, args, { cwd });
  t.same([code, stdout], [1, ""]);
  const name = "expected a name: 1 to 64 letters, digits, `_`, `.` or `-`, and not `host`";
  t.same(stderr.split("\n"), [
    "cauditd: containers.json: [0].contid: expected a contid as decimal text, in quotes",
    `cauditd: containers.json: [1].name: ${name}`,
    "cauditd: containers.json: [1].contid: " +
      "expected a contid: decimal text, 0 to 18446744073709551614",
    "cauditd: containers.json: [1].pid: expected a process ID from 1",
    `cauditd: containers.json: [2].name: ${name}`,
    "cauditd: containers.json: [2].pid: expected a process ID: a whole number",
    "cauditd: none.log: no such file or folder (ENOENT)",
    "cauditd: .: is a folder, a log was expected",
    "cauditd: audit.log/x: a part of the path is no folder (ENOTDIR)",
    "",
  ]);
  t.same(readdirSync(cwd), before);
});

t.test("an output folder that is not empty is refused, and with --force replaced", async (t) => {
  const cwd = folderOf(t);
  mkdirSync(join(cwd, "out/web"), { recursive: true });
  mkdirSync(join(cwd, "out/other"));
  const files = {
    "out/web/audit.log": "old",
    "out/other/audit.log": "foreign",
    "out/note": "mine",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const read = (name: string): string => readFileSync(join(cwd, name), "latin1");
  const args = ["replay", "audit.log", "--containers", "containers.json", "--out", "out"];

  const refused = await cauditd(t, args, { cwd });
  t.equal(refused.code, 1);
  t.equal(
    refused.stderr,
    "cauditd: out: the output folder is not empty (--force replaces its logs)\n",
  );
  for (const [name, text] of Object.entries(files)) t.equal(read(name), text, name);
  t.notOk(existsSync(join(cwd, "out/host")));

  const forced = await cauditd(t, [...args, "--force"], { cwd });
  t.equal(forced.code, 0, forced.stderr);
  t.equal(read("out/web/audit.log"), "");
  t.equal(read("out/host/audit.log"), RECORD.replace(":7)", ":1)"));
  t.equal(read("out/other/audit.log"), "foreign");
  t.equal(read("out/note"), "mine");
});

const usage: readonly (readonly string[])[] = [
  [],
  ["replay"],
  ["replay", "audit.log", "--containers", "containers.json"],
  ["replay", "audit.log", "--containers", "containers.json", "--out", "out", "--bogus"],
  ["bogus"],
  ["up", "--for", "0"],
  ["up", "--for", "2147484"],
];

t.test("wrong usage: exit code 2, with a word on stderr, and nothing is written", async (t) => {
  const cwd = folderOf(t);
  const before = readdirSync(cwd);
  await Promise.all(
    usage.map(async (args) => {
      const { code, stdout, stderr } = await cauditd(t, args, { cwd });
      t.same([code, stdout], [2, ""], args.join(" "));
      t.not(stderr, "");
    }),
  );
  t.same(readdirSync(cwd), before);
});

t.test("--help and --version: exit code 0, on stdout", async (t) => {
  const cases = [
    [["--help"], /Usage: cauditd [\s\S]*replay[\s\S]*up/],
    [["replay", "--help"], /--containers <file>[\s\S]*--out <dir>[\s\S]*--force/],
    [["up", "--help"], /--config <file>[\s\S]*--nats <url>/],
    [["--version"], /^\d+\.\d+\.\d+\n$/],
  ] as const;
  await Promise.all(
    cases.map(async ([args, text]) => {
      const { code, stdout, stderr } = await cauditd(t, args);
      t.same([code, stderr], [0, ""]);
      t.match(stdout, text);
    }),
  );
});
