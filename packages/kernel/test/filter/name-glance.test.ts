import fc from "fast-check";
import t from "tap";
import { atKind, isOpen } from "../../src/filter/at-calls.ts";
import { CallNames } from "../../src/filter/call-names.ts";
import { EventFacts } from "../../src/filter/event-facts.ts";
import { NameGlance } from "../../src/filter/name-glance.ts";
import { NameTable } from "../../src/filter/name-table.ts";
import { OpenFiles } from "../../src/filter/open-files.ts";
import { PathFact } from "../../src/filter/path-fact.ts";
import { type Call, callText, events, path } from "../rules.ts";

const OPENAT = 257;
const UNLINK = 87;

/** Whether a call matters to a table; asked twice, for the answer must not depend on the last. */
function callMatters(table: NameTable, given: Call): boolean {
  let answer = false;
  const facts = new EventFacts();
  const glance = new NameGlance(table, new OpenFiles(table), facts);
  events(callText(given), (event) => {
    facts.reset(event);
    const { arch, syscall } = facts.call;
    const call = { open: isOpen(arch, syscall), at: atKind(arch, syscall) };
    answer = glance.matters(call);
    t.equal(glance.matters(call), answer);
  });
  return answer;
}

function matters(table: NameTable, syscall: number, paths: readonly string[]): boolean {
  return callMatters(table, { syscall, paths });
}

function tableOf(): NameTable {
  const table = new NameTable();
  table.watchDir("/srv", 0);
  table.watchPath("/etc/shadow", 1);
  return table;
}

t.test("absolute names where no rule looks are passed over", (t) => {
  const table = tableOf();
  t.notOk(matters(table, OPENAT, [path("/usr/lib/x", 5)]));
  t.notOk(matters(table, OPENAT, [path("/nowhere", undefined, "UNKNOWN")]));
  t.notOk(matters(table, UNLINK, [path("/tmp/", 5, "PARENT"), path("/tmp/x", 6, "DELETE")]));
  t.notOk(matters(table, OPENAT, []));
  t.end();
});

t.test("names where a rule looks, above it, or that are not plain, matter", (t) => {
  const table = tableOf();
  for (const name of [
    "/srv/f",
    "/srv",
    "/etc/shadow",
    "/etc",
    "/",
    "/usr/../srv/f",
    "/usr/.",
    "/usr//srv",
    "/srv/",
    "",
    "(null)",
  ]) {
    t.ok(matters(table, OPENAT, [path(name, 5)]), name);
  }
  t.ok(matters(table, OPENAT, [path("/usr/a", 5), path("/srv/f", 6)]), "the second name");
  t.end();
});

t.test("an inode that is known matters under any name", (t) => {
  const table = tableOf();
  const fact = Object.assign(new PathFact(), { found: true, inode: 5, mode: 0o100644 });
  table.learn("/srv/f", fact);
  t.ok(matters(table, OPENAT, [path("/usr/x", 5)]));
  t.notOk(matters(table, OPENAT, [path("/usr/x", 6)]));
  t.end();
});

t.test("a link that leads somewhere matters once its making is known", (t) => {
  const table = tableOf();
  t.notOk(matters(table, OPENAT, [path("/usr/l/f", 5)]));
  table.symlinked("/usr/l", "/srv");
  t.ok(matters(table, OPENAT, [path("/usr/l/f", 5)]));
  t.ok(matters(table, OPENAT, [path("/usr/l", 5)]));
  t.notOk(matters(table, OPENAT, [path("/usr/l2/f", 5)]));
  t.end();
});

t.test("calls that teach something matter: directories, links and hard links", (t) => {
  const table = tableOf();
  const dir = { mode: "040755" };
  const two = [path("/usr/d", 5, "NORMAL", dir), path("/usr/f", 6)];
  t.ok(matters(table, OPENAT, two), "an open directory that is not the last name");
  t.notOk(matters(table, OPENAT, [path("/usr/d", 5, "PARENT", dir)]), "a new file's directory");
  t.notOk(matters(table, 4, [path("/usr/d", 5, "NORMAL", dir)]), "stat of one");
  t.ok(matters(table, 84, [path("/usr/d", 5, "DELETE", dir)]), "rmdir");
  t.notOk(matters(table, 83, [path("/usr/d", 5, "CREATE", dir)]), "mkdir");
  t.notOk(matters(table, 259, [path("/usr/p", 5, "CREATE", { mode: "010644" })]), "mkfifo");
  t.notOk(matters(table, UNLINK, [path("/usr/l", 5, "DELETE", { mode: "0120777" })]), "unlink");
  t.ok(matters(table, 88, [path("/usr/l", 5, "CREATE", { mode: "0120777" })]), "symlink");
  t.ok(matters(table, 86, [path("/usr/a", 5), path("/usr/b", 5, "CREATE")]), "link");
  t.end();
});

t.test("relative names start from the working directory, unless from a descriptor", (t) => {
  const table = tableOf();
  const look = (cwd: string | undefined, name: string, more: Partial<Call> = {}): boolean => {
    const where = cwd === undefined ? {} : { cwd };
    return callMatters(table, { ...where, paths: [path(name, 5)], ...more });
  };
  t.notOk(look("/usr", "f"));
  t.notOk(look("/", "usr"));
  t.notOk(look("/etc", "passwd"));
  t.ok(look("/etc", "shadow"));
  t.ok(look("/", "srv/f"));
  t.ok(look("/srv", "f"));
  t.ok(look("/srv/deep", "f"));
  for (const name of [".", "..", "./f", "../srv/f", "a/../f"]) t.ok(look("/usr", name), name);
  t.ok(look(undefined, "f"), "no CWD record");
  const openat = { args: ["3", "0", "0", "0"] };
  t.notOk(look("/usr", "f", openat), "openat from a descriptor that is open on who knows what");
  t.ok(look("/usr", "", openat), "the descriptor's file itself");
  t.ok(look("/usr", "f", { ...openat, paths: [path("f", 5, "DELETE")] }), "a name is removed");
  t.notOk(look("/usr", "f", { syscall: 2, args: ["3", "0", "0", "0"] }), "open");
  const linkat = { syscall: 265, args: ["ffffff9c", "0", "3", "0"] };
  t.ok(look("/usr", "f", linkat), "linkat to a descriptor");
  t.end();
});

t.test("the root is passed over once it is known where it is, unless a rule is about it", (t) => {
  const table = tableOf();
  const root = path("/", 2, "NORMAL", { mode: "040755" });
  const fact = Object.assign(new PathFact(), { found: true, inode: 2, major: 254, mode: 0o040755 });
  t.ok(matters(table, OPENAT, [root]), "it is learned");
  table.learn("/", fact);
  t.notOk(matters(table, OPENAT, [root]));
  t.notOk(matters(table, 80, [root]), "chdir");
  t.ok(matters(table, OPENAT, [path("/", 3, "NORMAL", { mode: "040755" })]), "another root");
  t.ok(matters(table, OPENAT, [path("/", 2, "NORMAL", { mode: "040755", dev: "fe:01" })]));
  t.ok(matters(table, OPENAT, [path("/", 2, "PARENT", { mode: "040755" })]));
  table.watchDir("/", 2);
  t.ok(matters(table, OPENAT, [root]), "a tree that is all");
  t.end();
});

t.test("names that were not found matter only where they are removed or made", (t) => {
  const table = tableOf();
  t.notOk(matters(table, OPENAT, [path("/srv/no", undefined, "UNKNOWN")]));
  t.notOk(matters(table, OPENAT, [path("no", undefined, "UNKNOWN")]));
  t.ok(matters(table, UNLINK, [path("/srv/no", undefined, "DELETE")]));
  t.end();
});

t.test("a file that was found matters, whatever the type of its name", (t) => {
  const table = tableOf();
  const facts = new EventFacts();
  const glance = new NameGlance(table, new OpenFiles(table), facts);
  const seen: boolean[] = [];
  const names = [path("/srv/no", undefined, "UNKNOWN"), path("/srv/f", 5, "UNKNOWN")];
  const calls = [...names, ...names].map((name): Call => ({ syscall: OPENAT, paths: [name] }));
  events(calls.map(callText).join(""), (event) => {
    facts.reset(event);
    seen.push(glance.matters({ open: true, at: atKind(facts.call.arch, OPENAT) }));
  });
  t.same(seen, [false, true, false, true]);
  t.end();
});

t.test("names that are written as hex digits are read as the others", (t) => {
  const table = tableOf();
  table.watchPath("/etc/my file", 2);
  for (const name of ["/usr/my file", "/usr/a b/", "/usr/.a b/..c", "/etc/my files"]) {
    t.notOk(matters(table, OPENAT, [path(name, 5)]), name);
  }
  for (const name of [
    "/srv/my file",
    "/etc/my file",
    "/etc/my file/",
    "/a b/../srv/f",
    "/a b/.",
    "/a b//c",
    "my file",
  ]) {
    t.ok(matters(table, OPENAT, [path(name, 5)]), name);
  }
  for (const name of ["2F7", "2FG0", "2F 0", "2F6"]) {
    t.ok(matters(table, OPENAT, [`name=${name} inode=5 nametype=NORMAL`]), name);
  }
  t.end();
});

/** Runs calls through a table; every call is taken, or those only that matter. */
function run(calls: readonly Call[], glancing: boolean): { seen: string[]; passed: number } {
  const table = tableOf();
  const open = new OpenFiles(table);
  const facts = new EventFacts();
  const names = new CallNames(table, open, facts);
  const glance = new NameGlance(table, open, facts);
  const seen: string[] = [];
  let passed = 0;
  events(calls.map(callText).join(""), (event) => {
    facts.reset(event);
    const { arch, syscall } = facts.call;
    const call = { open: isOpen(arch, syscall), at: atKind(arch, syscall) };
    if (glancing && !glance.matters(call)) {
      if (call.open) names.skip(glance.directory);
      else names.pass();
      passed++;
    } else {
      names.take(call);
      names.apply();
    }
    seen.push([...names.trees].join());
  });
  for (let inode = 1; inode < 9; inode++) {
    seen.push(table.placesOf({ inode, major: 254, minor: 0 }, true).join());
  }
  for (let fd = 3; fd < 6; fd++) seen.push(JSON.stringify(open.get(100, fd)));
  return { seen, passed };
}

t.test("to pass an event over comes to the same as to take it", (t) => {
  const name = fc.constantFrom(
    "/",
    "/srv",
    "/srv/f",
    "/srv/a b",
    "/usr",
    "/usr/d",
    "/usr/a b",
    "/usr/a b/../../srv",
    "/etc/shadow",
    "srv",
    "usr",
    "d",
    "f",
    "shadow",
    "../srv/f",
    "",
    "(null)",
  );
  const mode = fc.constantFrom("0100644", "040755", "0120777");
  const inode = fc.integer({ min: 1, max: 8 });
  const one = fc
    .tuple(name, inode, fc.constantFrom("NORMAL", "UNKNOWN"), mode)
    .map(([text, file, type, bits]) => [
      path(text, type === "UNKNOWN" ? undefined : file, type, { mode: bits }),
    ]);
  const dir = fc.constantFrom("/", "/srv", "/usr", "/usr/d", "/etc");
  const leaf = fc.constantFrom("srv", "f", "d", "shadow", "p");
  /** A name that is made or removed, behind the record of its directory. */
  const change = (type: string, mode: string): fc.Arbitrary<string[]> =>
    fc
      .tuple(dir, leaf, inode, inode)
      .map(([folder, base, above, file]) => [
        path(folder === "/" ? folder : `${folder}/`, above, "PARENT", { mode: "040755" }),
        path(`${folder === "/" ? "" : folder}/${base}`, file, type, { mode }),
      ]);
  const args = fc
    .constantFrom("ffffff9c", "3", "4", "5")
    .map((first): readonly string[] => [first, "0", "0", "0"]);
  const cwd = fc.constantFrom("/", "/usr", "/srv", "/etc");
  const result = fc.constantFrom(
    "success=yes exit=3",
    "success=yes exit=4",
    "success=yes exit=5",
    "success=no exit=-13",
  );
  const callOf = (paths: fc.Arbitrary<string[]>, ...calls: number[]): fc.Arbitrary<Call> =>
    fc.record({ syscall: fc.constantFrom(...calls), result, args, cwd, paths });
  const call = fc.oneof(
    { weight: 3, arbitrary: callOf(one, OPENAT, OPENAT, OPENAT, 2, 262, UNLINK, 91, 4) },
    callOf(change("CREATE", "0100644"), OPENAT, 2, 133),
    callOf(change("CREATE", "010644"), 133),
    callOf(change("CREATE", "040755"), 83, 258),
    callOf(change("CREATE", "0120777"), 88),
    callOf(change("DELETE", "0100644"), UNLINK),
    callOf(change("DELETE", "0120777"), UNLINK),
    callOf(change("DELETE", "040755"), 84),
  );
  let passed = 0;
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 12 }), (calls) => {
      const glanced = run(calls, true);
      passed += glanced.passed;
      t.same(glanced.seen, run(calls, false).seen);
    }),
    { numRuns: 600 },
  );
  t.ok(passed > 500, `${passed} events were passed over`);
  t.end();
});

t.test("no bytes of a PATH record make the glance fail", (t) => {
  const table = tableOf();
  const part = fc.constantFrom(
    "item=0",
    " name=",
    '"',
    "/",
    ".",
    "srv",
    " inode=5",
    " mode=0100644",
  );
  const bytes = fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 12 });
  fc.assert(
    fc.property(bytes, (parts) => {
      const body = parts.join("").replace(/[\n\r]/g, "");
      t.type(callMatters(table, { cwd: "/usr", paths: [body] }), "boolean");
    }),
  );
  t.end();
});
