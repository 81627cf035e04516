import { Arch } from "@cauditd/libaudit";
import t from "tap";
import { NameGlance } from "../src/name-glance.ts";
import { NameTable } from "../src/name-table.ts";
import { PathFact } from "../src/path-fact.ts";
import { callText, events, path } from "./rules.ts";

const OPENAT = 257;
const UNLINK = 87;

/** Whether a call with these names matters to a table with a tree at /srv and a watch in /etc. */
function matters(table: NameTable, syscall: number, paths: readonly string[]): boolean {
  let answer = false;
  const glance = new NameGlance(table);
  events(callText({ syscall, paths }), (event) => {
    answer = glance.matters(event, Arch.X86_64, syscall);
    // What is remembered from the first look must say the same.
    t.equal(glance.matters(event, Arch.X86_64, syscall), answer);
  });
  return answer;
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
    "f",
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
  const glance = new NameGlance(table);
  const look = (): boolean => {
    let answer = false;
    events(callText({ paths: [path("/usr/l/f", 5)] }), (event) => {
      answer = glance.matters(event, Arch.X86_64, OPENAT);
    });
    return answer;
  };
  t.notOk(look());
  table.symlinked("/usr/l", "/srv");
  t.ok(look(), "what was remembered is not true any more");
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
