import fc from "fast-check";
import t from "tap";
import { atKind, isOpen } from "../src/at-calls.ts";
import { EventFacts } from "../src/event-facts.ts";
import { NameGlance } from "../src/name-glance.ts";
import { NameTable } from "../src/name-table.ts";
import { PathFact } from "../src/path-fact.ts";
import { type Call, callText, events, path } from "./rules.ts";

const OPENAT = 257;
const UNLINK = 87;

/** Whether a call matters to a table; asked twice, for the answer must not depend on the last. */
function callMatters(table: NameTable, given: Call): boolean {
  let answer = false;
  const facts = new EventFacts();
  const glance = new NameGlance(table.filter, facts);
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
  t.ok(matters(table, OPENAT, [path("/usr/d", 5, "NORMAL", dir)]), "an open directory");
  t.notOk(matters(table, 4, [path("/usr/d", 5, "NORMAL", dir)]), "stat of one");
  t.ok(matters(table, 84, [path("/usr/d", 5, "DELETE", dir)]), "rmdir");
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
  t.ok(look("/usr", "f", { args: ["3", "0", "0", "0"] }), "openat from a descriptor");
  t.notOk(look("/usr", "f", { syscall: 2, args: ["3", "0", "0", "0"] }), "open");
  const linkat = { syscall: 265, args: ["ffffff9c", "0", "3", "0"] };
  t.ok(look("/usr", "f", linkat), "linkat to a descriptor");
  t.end();
});

t.test("names that were not found matter only where they are removed or made", (t) => {
  const table = tableOf();
  t.notOk(matters(table, OPENAT, [path("/srv/no", undefined, "UNKNOWN")]));
  t.notOk(matters(table, OPENAT, [path("no", undefined, "UNKNOWN")]));
  t.ok(matters(table, UNLINK, [path("/srv/no", undefined, "DELETE")]));
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
