import { readFileSync } from "node:fs";
import { parseAuditdConf } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { AUDITD_CONF_KEYS } from "../../src/conf/auditd-conf-key.ts";
import { complaints, confOf, MACHINE, MARKS, read } from "../conf-machine.ts";

const GOLDEN = new URL("../../../../test/golden/auditd/auditd.conf-bad-lines.txt", import.meta.url);

/** The file of the recording: a line of the battery takes the place of its key, at the end. */
const BASE = `local_events = yes
write_logs = yes
log_file = /var/log/audit/audit.log
log_group = root
log_format = RAW
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 8
num_logs = 5
priority_boost = 0
name_format = NONE
name = mynode
max_log_file_action = ROTATE
space_left = 75
space_left_action = SYSLOG
verify_email = no
action_mail_acct = root
admin_space_left = 50
admin_space_left_action = SUSPEND
disk_full_action = SUSPEND
disk_error_action = SUSPEND
plugin_dir = DIR
`;

/** Said by the daemon when it starts, not about the file. */
const STARTING = /^(?:$|Resolv|config_manager|Cannot bind|User defined name missing)/;

interface Entry {
  readonly line: string;
  readonly exitCode: number;
  readonly texts: readonly string[];
}

function entries(): Entry[] {
  const lines = readFileSync(GOLDEN, "latin1").trim().split("\n");
  return lines.map((text) => {
    const [, line, code, list] = /^'(.*?)' +rc=(\d+) \[(.*)\]$/.exec(text) ?? [];
    if (line === undefined || list === undefined) throw new Error(`not an entry: ${text}`);
    const quoted = [...list.matchAll(/'([^']*)'|"([^"]*)"/g)];
    const texts = quoted.map(([, single, double]) => single ?? double ?? "");
    return { line, exitCode: Number(code), texts };
  });
}

function fileWith(line: string): string {
  const key = line.split(/[ =]/)[0]?.toLowerCase() ?? "";
  const kept = BASE.split("\n").filter((other) => other.split(" ")[0] !== key);
  return `${kept.join("\n")}${line}\n`;
}

t.test("every bad line is complained about in auditd 3.0.9's words", async (t) => {
  const all = entries();
  t.equal(all.length, 74);
  for (const { line, exitCode, texts } of all) {
    // The recording shows the first 60 characters of a line of 170.
    const given = /^x+$/.test(line) ? "x".repeat(170) : line;
    const result = parseAuditdConf(Buffer.from(fileWith(given)), "DIR", MACHINE);
    // An unknown key is told the nearest one, see docs/reference/auditd.conf.md.
    const said = result.complaints.map(({ text }) => text.replace(/; the nearest one is .*/, ""));
    t.same(
      said,
      texts.filter((text) => !STARTING.test(text)),
      line,
    );
    // 6: the file was refused. Else it was taken, and the daemon ended later.
    t.equal(result.conf === undefined, exitCode === 6, line);
  }
});

t.test("AUD-121: no line is read behind one whose equal sign does not stand alone", async (t) => {
  for (const line of ["log_group=adm", "log_group =", "log_group"]) {
    t.same(complaints(`${MARKS}${line}\nbogus = 1\n`), [
      "Wrong number of arguments for line 3 in F",
      "Not processing any more lines in F",
    ]);
  }
  t.same(complaints(`freq == 5\n`), [
    "Missing equal sign for line 1 in F",
    "Not processing any more lines in F",
  ]);
});

t.test("AUD-122: keys and keywords are taken in any letter case", async (t) => {
  t.equal(confOf("LOG_FORMAT = raw")?.log_format, "RAW");
});

t.test("AUD-123: an unknown key is an error with its line and the nearest key", async (t) => {
  t.match(read(`${MARKS}max_logfile = 8\nfreq = x\n`), {
    conf: undefined,
    complaints: [
      {
        severity: "error",
        line: 3,
        text: 'Unknown keyword "max_logfile" in line 3 of F; the nearest one is "max_log_file"',
      },
    ],
  });
  for (const [wrong, right] of [
    ["num_log", "num_logs"],
    ["spaceleft_action", "space_left_action"],
    ["LOGFILE", "log_file"],
    ["qdepth", "q_depth"],
  ] as const) {
    t.match(complaints(`${wrong} = 1\n`)[0], `the nearest one is "${right}"`);
  }
});

t.test("AUD-124: a line of more than 158 bytes is skipped and counted", async (t) => {
  const comment = (length: number) => `#${"x".repeat(length - 1)}\n`;
  t.same(read(`${MARKS}${comment(158)}`).complaints, []);
  const { conf, complaints } = read(`${comment(170)}${MARKS}${comment(159)}freq = 7\n`);
  t.equal(conf?.freq, 7);
  t.match(complaints, [
    { severity: "warning", line: 1, text: "Skipping line 1 in F: too long" },
    { severity: "warning", line: 4, text: "Skipping line 4 in F: too long" },
  ]);
});

t.test("only blanks separate words", async (t) => {
  t.equal(confOf("   freq   =   7   ")?.freq, 7);
  t.same(complaints("freq\t=\t7\n"), [
    "Wrong number of arguments for line 1 in F",
    "Not processing any more lines in F",
  ]);
  t.same(complaints("freq = 7\r\n"), ["Value 7\r should only be numbers - line 1"]);
});

t.test("a third word behind a program is complained about and left out", async (t) => {
  const { conf, complaints } = read(`${MARKS}disk_full_action = EXEC /bin/true x\n`);
  t.same(conf?.disk_full_action, { action: "EXEC", exe: "/bin/true" });
  t.match(complaints, [{ severity: "warning", text: "Wrong number of arguments for line 3 in F" }]);
});

t.test("the last of several lines of a key counts", async (t) => {
  t.equal(confOf("freq = 1\nfreq = 2")?.freq, 2);
});

t.test("the last line counts without a newline", async (t) => {
  t.equal(read(`${MARKS}freq = 9`).conf?.freq, 9);
});

const key = fc.constantFrom(...AUDITD_CONF_KEYS, "bogus", "#", "");
const word = fc.oneof(
  fc.constantFrom("yes", "RAW", "EXEC", "ROTATE", "5%", "1-2", "/bin/true", "=", "adm"),
  fc.nat().map(String),
  fc.string({ maxLength: 8, unit: "binary" }),
);
const lines = fc
  .array(fc.tuple(key, fc.array(word, { maxLength: 3 })), { maxLength: 6 })
  .map((rows) => rows.map(([name, words]) => `${name} = ${words.join(" ")}`).join("\n"));

t.test("any bytes give a configuration or an error, never an exception", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    lines.map((text) => Buffer.from(text, "latin1")),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      const { conf, complaints } = parseAuditdConf(given, "F", MACHINE);
      const errors = complaints.filter(({ severity }) => severity === "error");
      return errors.length === (conf === undefined ? 1 : 0);
    }),
    { numRuns: 1000 },
  );
});
