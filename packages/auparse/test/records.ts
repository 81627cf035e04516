import fc from "fast-check";

/** What a record's line is made of. */
export interface Parts {
  readonly type?: string;
  readonly serial?: number;
  readonly sec?: number;
  readonly milli?: number;
  readonly node?: string;
  readonly body?: string;
}

/** A record's line, without its newline. */
export function line(parts: Parts = {}): string {
  const { type = "CWD", serial = 1, sec = 1700000000, milli = 100, node = "" } = parts;
  const { body = 'cwd="/"' } = parts;
  const stamp = `${sec}.${String(milli).padStart(3, "0")}:${serial}`;
  return `${node === "" ? "" : `node=${node} `}type=${type} msg=audit(${stamp}): ${body}`;
}

/** Lines with a newline each. */
export function log(...lines: readonly string[]): string {
  return lines.map((text) => `${text}\n`).join("");
}

export const SYSCALL_BODY: string =
  "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=900 pid=901 " +
  "auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 " +
  'comm="sh" exe="/bin/sh" key="k"';

export const PATH_BODY: string =
  'item=0 name="/etc/p" inode=1 dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 ' +
  "nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0";

const ENRICHED = '\x1dARCH=x86_64 SYSCALL=execve AUID="user" UID="root"';
const USER_BODY = `pid=1 uid=0 auid=0 ses=1 msg='op=x acct="it's me" exe="/x" res=success'`;

/** Records as the kernel writes them: name and bodies. */
const KERNEL: readonly (readonly [string, readonly string[]])[] = [
  ["SYSCALL", [SYSCALL_BODY, SYSCALL_BODY + ENRICHED, `${SYSCALL_BODY} contid=7`]],
  ["CWD", ['cwd="/"', "cwd=2F6120", ""]],
  ["PATH", [PATH_BODY, `${PATH_BODY}\x1dOUID="root" OGID="root"`]],
  ["PROCTITLE", ["proctitle=6C73002D6C", 'proctitle="(null)"']],
  ["LOGIN", ["pid=10 uid=0 old-auid=4294967295 auid=1000 tty=(none) ses=1 res=1"]],
  ["AVC", ['avc:  denied  { read } for  pid=1 comm="x" name="p" tclass=file']],
  ["CONTAINER_ID", ["record=1 contid=4,^2,^1"]],
  ["UNKNOWN[1398]", ["unknown type here"]],
  ["EOE", [""]],
];
const USER: readonly (readonly [string, readonly string[]])[] = [
  ["USER_LOGIN", [USER_BODY, `${USER_BODY}\x1dUID="root" AUID="root"`]],
  ["USER", ["pid=1 uid=0 msg='type=CWD msg=audit(1.000:1): x'"]],
  ["FUTURE_TYPE", ["a=1 type=CWD msg=audit(1.000:1): x"]],
];

function lineOf(kinds: readonly (readonly [string, readonly string[]])[]): fc.Arbitrary<string> {
  const bodies = kinds.flatMap(([type, texts]) => texts.map((body) => ({ type, body })));
  return fc
    .record({
      kind: fc.constantFrom(...bodies),
      serial: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(4096 + 1, 4294967295)),
      sec: fc.constantFrom(1700000000, 1700000001, 1700000002, 1700000009),
      milli: fc.constantFrom(0, 7, 100, 999),
      node: fc.constantFrom("", "", "n1", "n2.example.org"),
    })
    .map(({ kind, ...stamp }) => line({ ...kind, ...stamp }));
}

/** The line of a kernel record: a few serials, times and nodes, so that many of them meet. */
export const kernelLine: fc.Arbitrary<string> = lineOf(KERNEL);

/** The line of any record. */
export const anyLine: fc.Arbitrary<string> = lineOf([...KERNEL, ...USER]);

const byte = fc.integer({ min: 0, max: 255 });

/** Random bytes without a newline, or nearly a record. */
export const junk: fc.Arbitrary<string> = fc.oneof(
  fc
    .array(
      byte.filter((value) => value !== 0x0a),
      { maxLength: 40 },
    )
    .map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc
    .array(
      fc.constantFrom(
        ..."type= msg=audit( node= SYSCALL PATH 1.000:1 ): : ) . 0 \x1d \r ' \" { (".split(" "),
        " ",
      ),
      { maxLength: 12 },
    )
    .map((words) => words.join("")),
);

/** A piece of a log that may be damaged in any of the ways that logs are. */
export const piece: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: anyLine.map((text) => `${text}\n`) },
  { weight: 2, arbitrary: anyLine.map((text) => `${text}\r\n`) },
  { weight: 2, arbitrary: anyLine.chain((text) => prefix(text)) },
  { weight: 2, arbitrary: junk },
  { weight: 2, arbitrary: junk.map((text) => `${text}\n`) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 600 }).map((size) => "\0".repeat(size)) },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r\n", "\n\n", "\r", "\r\r\n") },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyLine, fc.integer({ min: 18700, max: 19500 }))
      .map(([text, size]) => `${text.padEnd(size, "y")}\n`),
  },
);

/** The text, or a beginning of it. */
export function prefix(text: string): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: text.length }).map((size) => text.slice(0, size));
}
