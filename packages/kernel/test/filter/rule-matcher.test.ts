import { type AuditEvent, AuditParser } from "@cauditd/auparse";
import type { Rule } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { RuleMatcher } from "../../src/filter/rule-matcher.ts";
import { type Call, callText, events, path, rule } from "../rules.ts";

/** What the rules say of each call, in order: the key, `-` without one, `never` when left out. */
function said(rules: readonly string[], calls: readonly Call[]): string[] {
  const matcher = new RuleMatcher(rules.map(rule));
  const answers: string[] = [];
  events(calls.map(callText).join(""), (event) => {
    const { record, key } = matcher.decide(event, []);
    answers.push(record ? (key ?? "-") : "never");
  });
  return answers;
}

t.test("the first rule that matches decides, and no rule leaves the call out (AUD-58)", (t) => {
  const rules = ["-a never,exit -S openat -F uid=5", "-a always,exit -S openat -k o"];
  t.same(said(rules, [{}, { fields: { uid: 5 } }, { syscall: 0 }]), ["o", "never", "never"]);
  t.end();
});

t.test("AUD-64, AUD-65: the first match wins, and without one nothing is emitted", (t) => {
  const calls = [{ fields: { uid: 0 } }, { fields: { uid: 1 } }];
  const [never, always] = ["-a never,exit -S openat -F uid=0", "-a always,exit -S openat -k k"];
  t.same(said([never as string, always as string], calls), ["never", "k"]);
  t.same(said([always as string, never as string], calls), ["k", "k"]);
  t.same(said(["-a always,exit -S openat -F uid=7"], calls), ["never", "never"]);
  t.end();
});

t.test("AUD-93: an AVC brings its call along, without a key; a never rule takes that away", (t) => {
  const call = { before: ["AVC avc:  denied  { read } for  pid=100"] };
  t.same(said(["-a always,exit -S openat -F uid=7 -k k"], [call]), ["-"]);
  t.same(said(["-a always,exit -S openat -k k"], [call]), ["k"]);
  const never = new RuleMatcher([rule("-a never,exit -S openat")]);
  events(callText(call), (event) => {
    const { record, leftOut } = never.decide(event, []);
    t.equal(record, true);
    t.same([...leftOut.subarray(0, event.count)].indexOf(1), 1, "all but the AVC is left out");
  });
  t.end();
});

t.test("AUD-94: with rules of the user and exclude lists only, no call is recorded", (t) => {
  const rules = ["-a never,user -F uid=7", "-a never,exclude -F msgtype=CWD"];
  t.same(said(rules, [{}, { paths: [path("/etc/a", 7)] }]), ["never", "never"]);
  t.end();
});

t.test("numbers are compared unsigned, 32 bits: exit>0 holds for failures", (t) => {
  const failed = { result: "success=no exit=-13" };
  t.same(said(["-a always,exit -S openat -F exit>0 -k k"], [failed]), ["k"]);
  t.same(said(["-a always,exit -S openat -F exit=-EACCES -k k"], [failed, {}]), ["k", "never"]);
  const low = { args: ["100000005", "0", "0", "0"] };
  t.same(said(["-a always,exit -S openat -F a0=5 -k k"], [low]), ["k"]);
  t.end();
});

t.test("exit and success do not hold for a call that does not return", (t) => {
  const exit = { syscall: 231, result: "" };
  const rules = ["-a always,exit -S exit_group -F success=1 -k s", "-a always,exit -S exit_group"];
  t.same(said(rules, [exit]), ["-"]);
  t.same(said(["-a always,exit -S exit_group -F exit!=1 -k e"], [exit]), ["never"]);
  t.end();
});

t.test("a rule in front of a watch, or behind it, goes by its place in the list", (t) => {
  const call = { paths: [path("/etc/shadow", 7)] };
  const watch = "-w /etc/shadow -p r -k w";
  const plain = "-a always,exit -S openat -k p";
  t.same(said([watch, plain], [call]), ["w"]);
  t.same(said([plain, watch], [call]), ["p"]);
  t.end();
});

t.test("among watches the order of names comes before the order of rules", (t) => {
  const rules = ["-w /etc/b -p wa -k second", "-w /etc/a -p wa -k first"];
  const call = { syscall: 87, paths: [path("/etc/a", 7), path("/etc/b", 8)] };
  t.same(said(rules, [call]), ["first"]);
  t.end();
});

t.test("a record that another part of the kernel made brings the call with it", (t) => {
  const call = { before: ["LOGIN pid=100 uid=0 old-auid=4294967295 auid=0 res=1"] };
  t.same(said([], [call, {}]), ["-", "never"]);
  const never = new RuleMatcher([rule("-a never,exit -S openat")]);
  events(callText(call), (event) => {
    const { record, left, leftOut } = never.decide(event, []);
    t.equal(record, true);
    t.equal(left, 2);
    t.equal(leftOut[0], 0, "the LOGIN record stays");
  });
  t.end();
});

t.test("the exclude list leaves out records one by one, and the call with its SYSCALL", (t) => {
  const call = { cwd: "/", paths: [path("/etc/a", 7)] };
  const always = rule("-a always,exit -S all");
  const cut = (options: string): string[] => {
    const matcher = new RuleMatcher([always, rule(options)]);
    const kept: string[] = [];
    events(callText(call), (event) => {
      const { record, leftOut } = matcher.decide(event, []);
      for (let i = 0; i < event.count; i++) {
        if (record && leftOut[i] === 0)
          kept.push(/^type=(\w+)/.exec(String(event.line(i)))?.[1] ?? "");
      }
    });
    return kept;
  };
  t.same(cut("-a never,exclude -F msgtype=CWD"), ["SYSCALL", "PATH", "PROCTITLE"]);
  t.same(cut("-a always,exclude -F msgtype>=PROCTITLE"), ["SYSCALL", "CWD", "PATH"]);
  t.same(cut("-a never,exclude -F msgtype=SYSCALL"), []);
  t.same(cut("-a never,exclude -F auid=1000"), []);
  t.same(cut("-a never,exclude -F auid=1 -F msgtype=CWD").length, 4);
  t.end();
});

t.test("user records pass unless a rule of the user list says never", (t) => {
  const text = (uid: number): string =>
    `type=USER_CMD msg=audit(1700000000.000:${uid}): pid=9 uid=${uid} auid=5 ses=1 ` +
    `msg='cmd=6964 exe="/usr/bin/sudo" res=success'\n`;
  const answers: boolean[] = [];
  const matcher = new RuleMatcher([
    rule("-a always,user -F uid=1"),
    rule("-a never,user -F auid=5"),
  ]);
  events(text(1) + text(2), (event) => answers.push(matcher.decide(event, []).record));
  t.same(answers, [true, false]);
  t.end();
});

t.test("contid matches any member of the chain (CID-67, CID-68, CID-71)", (t) => {
  const of = (options: string, chain: readonly bigint[]): boolean => {
    const matcher = new RuleMatcher([rule(options)]);
    let record = false;
    events(callText({}), (event) => {
      record = matcher.decide(event, chain).record;
    });
    return record;
  };
  t.ok(of("-a always,exit -S all -F contid=4", [4n, 1n]));
  t.ok(of("-a always,exit -S all -F contid=1", [4n, 1n]));
  t.notOk(of("-a always,exit -S all -F contid=9", [4n, 1n]));
  t.notOk(of("-a always,exit -S all -F contid!=1", [4n, 1n]));
  t.ok(of("-a always,exit -S all -F contid=unset", []));
  t.notOk(of("-a always,exit -S all -F contid=unset", [4n]));
  t.end();
});

t.test(
  "a never rule of the task list silences the tasks it took, an always rule comes first",
  (t) => {
    const exit = "-a always,exit -S all -k e";
    t.same(
      said([exit, "-a never,task -F uid=7"], [{ fields: { uid: 7 } }, { fields: { pid: 5 } }]),
      ["never", "e"],
    );
    t.same(said([exit, "-a always,task"], [{}]), ["-"]);
    t.end();
  },
);

t.test("rules that decide are counted", (t) => {
  const matcher = new RuleMatcher([
    rule("-a always,exit -S read"),
    rule("-a always,exit -S openat"),
  ]);
  events(callText({}) + callText({}), (event) => matcher.decide(event, []));
  t.same([matcher.hits(1), matcher.hits(2), matcher.hits(3)], [0, 2, 0]);
  t.end();
});

/** What a plain rule says, read field by field from its text and the record's. */
function naive(text: string, record: string): boolean {
  const field = (name: string): string | undefined =>
    new RegExp(`(?:^| )${name}=(\\S+)`).exec(record)?.[1];
  const calls = [...text.matchAll(/-S (\S+)/g)].map((found) => found[1]);
  if (!calls.includes("all") && !calls.includes(field("syscall") ?? "")) return false;
  for (const [, name = "", op = "", value = ""] of text.matchAll(
    /-F (\w+?)(!=|>=|<=|=|>|<)(\S+)/g,
  )) {
    let left: number;
    let right = Number(value) >>> 0;
    if (name === "exe") {
      const same = field("exe") === `"${value}"`;
      if (same !== (op === "=")) return false;
      continue;
    }
    if (name === "success") {
      left = field("success") === "yes" ? 1 : 0;
      right = Number(value);
    } else if (/^a\d$/.test(name)) left = Number(BigInt(`0x${field(name)}`) & 0xffffffffn);
    else left = Number(field(name)) >>> 0;
    const results: Record<string, boolean> = {
      "=": left === right,
      "!=": left !== right,
      ">": left > right,
      ">=": left >= right,
      "<": left < right,
      "<=": left <= right,
    };
    if (results[op] !== true) return false;
  }
  return true;
}

const anyField = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("uid", "euid", "auid", "gid", "ppid", "pid"),
      fc.constantFrom("=", "!=", ">", ">=", "<", "<="),
      fc.integer({ min: 0, max: 4 }),
    )
    .map(([name, op, value]) => `-F ${name}${op}${value}`),
  fc.integer({ min: -2, max: 2 }).map((value) => `-F exit=${value}`),
  fc.constantFrom("0", "1").map((value) => `-F success=${value}`),
  fc.constantFrom("=", "!=").map((op) => `-F exe${op}/bin/a`),
  fc
    .tuple(fc.constantFrom("a0", "a1"), fc.integer({ min: 0, max: 3 }))
    .map(([n, v]) => `-F ${n}=${v}`),
);
const anyRule = fc
  .tuple(
    fc.constantFrom("always", "never"),
    fc.constantFrom("-S all", "-S 0", "-S 1 -S 2"),
    fc.array(anyField, { maxLength: 3 }),
    fc.integer({ min: 0, max: 99 }),
  )
  .map(([action, calls, fields, key]) => {
    // exe may be given once.
    const seen = fields.filter(
      (text, index) =>
        !text.startsWith("-F exe") ||
        fields.findIndex((other) => other.startsWith("-F exe")) === index,
    );
    return `-a ${action},exit ${[calls, ...seen].join(" ")} -k k${key}`;
  });
const small = fc.integer({ min: 0, max: 4 });
const anyCall = fc.record({
  syscall: fc.integer({ min: 0, max: 3 }),
  exit: fc.integer({ min: -2, max: 2 }),
  ids: fc.record({ uid: small, euid: small, auid: small, gid: small, ppid: small, pid: small }),
  exe: fc.constantFrom('"/bin/a"', '"/bin/b"'),
  args: fc.tuple(small, small),
});

t.test("the compiled rules say what a reading field by field says", (t) => {
  fc.assert(
    fc.property(
      fc.array(anyRule, { maxLength: 40 }),
      fc.array(anyCall, { minLength: 1, maxLength: 12 }),
      (texts, calls) => {
        const matcher = new RuleMatcher(texts.map(rule));
        const text = calls
          .map(({ syscall, exit, ids, exe, args }) =>
            callText({
              syscall,
              result: `success=${exit < 0 ? "no" : "yes"} exit=${exit}`,
              args: [String(args[0]), String(args[1]), "0", "0"],
              fields: { ...ids, exe },
            }),
          )
          .join("");
        events(text, (event) => {
          const record = String(event.line(0));
          const first = texts.findIndex((one) => naive(one, record));
          const decision = matcher.decide(event, []);
          t.equal(decision.rule, first + 1);
          t.equal(decision.record, first >= 0 && (texts[first] ?? "").includes("always"));
        });
      },
    ),
    { numRuns: 150 },
  );
  t.end();
});

t.test("any bytes in the records of a call are decided on without a throw", (t) => {
  const rules: Rule[] = [
    "-w /etc/shadow -p wa",
    "-a always,exit -F dir=/srv -F perm=wa",
    "-a always,exit -S all -F exe=/bin/a -F saddr_fam=2 -C uid!=obj_uid",
    "-a never,exclude -F msgtype=CWD",
  ].map(rule);
  const types = ["SYSCALL", "PATH", "CWD", "SOCKADDR", "OPENAT2", "USER_CMD"];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...types), fc.string({ unit: "binary", maxLength: 80 }))),
      (records) => {
        const matcher = new RuleMatcher(rules);
        const parser = new AuditParser((event: AuditEvent) => {
          const { record } = matcher.decide(event, []);
          t.type(record, "boolean");
        });
        for (const [type, body] of records) {
          parser.push(Buffer.from(`type=${type} msg=audit(1.000:1): ${body}\n`, "latin1"));
        }
        parser.end();
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});

t.test("an event that no rule matches is decided on without an allocation", (t) => {
  const rules = [
    "-w /etc/shadow -p wa -k w",
    "-a always,exit -F dir=/srv -F perm=wa -k t",
    "-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F uid=5 -k o",
    ...[1, 2, 3, 4, 5].map((auid) => `-a always,exit -F arch=b64 -S all -F auid=${auid}`),
  ];
  const matcher = new RuleMatcher(rules.map(rule));
  const fields = { auid: 4294967295 };
  const paths = [path("/usr/lib/a", 7), path("relative", 2147483648)];
  const chain: readonly bigint[] = [];
  const decisions = 20_000;
  events(callText({ fields, cwd: "/usr", paths }), (event) => {
    const taken: number[] = [];
    for (let round = 0; round < 12; round++) {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < decisions; i++) matcher.decide(event, chain);
      taken.push(process.memoryUsage().heapUsed - before);
    }
    t.notOk(matcher.decide(event, chain).record);
    // The compiler allocates in the first rounds, and a collection makes a round negative. An
    // object has 24 bytes at least; the 16 of a number that is boxed are the engine's choice.
    t.ok(
      taken.some((bytes) => bytes >= 0 && bytes < 24 * decisions),
      taken.join(" "),
    );
  });
  t.end();
});
