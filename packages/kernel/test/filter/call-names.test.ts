import t from "tap";
import { atKind, isOpen } from "../../src/filter/at-calls.ts";
import { CallNames } from "../../src/filter/call-names.ts";
import { EventFacts } from "../../src/filter/event-facts.ts";
import { NameTable, type Watch } from "../../src/filter/name-table.ts";
import { OpenFiles } from "../../src/filter/open-files.ts";
import { type Call, callText, events, path } from "../rules.ts";

const DIR = { mode: "040755" };

/** Runs calls in order; for each the trees it touched, and its changes of watches by inode. */
function run(table: NameTable, calls: readonly Call[]): { trees: number[]; changes: string[] }[] {
  const facts = new EventFacts();
  const names = new CallNames(table, new OpenFiles(table), facts);
  const found: { trees: number[]; changes: string[] }[] = [];
  events(calls.map(callText).join(""), (event) => {
    facts.reset(event);
    const { arch, syscall } = facts.call;
    names.take({ open: isOpen(arch, syscall), at: atKind(arch, syscall) });
    const changes: string[] = [];
    if (names.changes) {
      names.eachChange((watch: Watch, fact) => {
        changes.push(`${watch.path} ${fact?.inode}`);
        table.setWatch(watch, fact);
      });
    }
    found.push({ trees: [...names.trees].sort(), changes });
    names.apply();
  });
  return found;
}

function trees(table: NameTable, calls: readonly Call[]): number[][] {
  return run(table, calls).map((call) => call.trees);
}

/** A rename; in the order in which the kernel names the directories, the new one first. */
function rename(from: string, to: string, inode: number, more: Partial<Call> = {}): Call {
  const folder = (name: string): string => name.slice(0, name.lastIndexOf("/") + 1);
  return {
    syscall: 82,
    paths: [
      path(folder(to), 2, "PARENT", DIR),
      path(folder(from), 1, "PARENT", DIR),
      path(from, inode, "DELETE"),
      path(to, inode, "CREATE"),
    ],
    ...more,
  };
}

t.test("names without a directory go with the PARENT that the kernel's order gives them", (t) => {
  const table = new NameTable();
  table.watchDir("/a", 0);
  table.watchDir("/b", 1);
  table.learn("/a", learned(10));
  table.learn("/b", learned(20));
  const renameat: Call = {
    syscall: 264,
    args: ["3", "0", "4", "0"],
    cwd: "/w",
    paths: [
      path("/w", 20, "PARENT", DIR),
      path("/w", 10, "PARENT", DIR),
      path("f", 5, "DELETE"),
      path("g", 5, "CREATE"),
    ],
  };
  const fchmod: Call = { syscall: 91, args: ["9", "0", "0", "0"], paths: [path("(null)", 5)] };
  t.same(trees(table, [renameat, fchmod]), [[0, 1], [1]]);
  t.end();
});

function learned(inode: number) {
  let fact: ReturnType<EventFacts["path"]> | undefined;
  const facts = new EventFacts();
  const dev = { ...DIR };
  events(callText({ paths: [path("/x", inode, "NORMAL", dev)] }), (event) => {
    facts.reset(event);
    if (facts.paths === 1) fact = facts.path(0);
  });
  if (fact === undefined) throw new Error("no name");
  return fact;
}

t.test("a call that failed changes nothing, though its records have DELETE", (t) => {
  const table = new NameTable();
  const watch = table.watchPath("/a/f", 0);
  const look = { paths: [path("/a/f", 5)] };
  const unlink: Call = {
    syscall: 87,
    result: "success=no exit=-21",
    paths: [path("/a/", 1, "PARENT", DIR), path("/a/f", 5, "DELETE")],
  };
  t.same(run(table, [look, unlink])[1]?.changes, []);
  t.ok(watch.known);
  t.same(run(table, [{ ...unlink, result: "success=yes exit=0" }])[0]?.changes, ["/a/f undefined"]);
  t.notOk(watch.known);
  t.end();
});

t.test(
  "after an exchange the watch at the new name has lost its file (audit_update_watch)",
  (t) => {
    const table = new NameTable();
    const watch = table.watchPath("/a/new", 0);
    const exchange = rename("/a/old", "/a/new", 5, {
      paths: [
        path("/a/", 1, "PARENT", DIR),
        path("/a/", 1, "PARENT", DIR),
        path("/a/old", 5, "DELETE"),
        path("/a/new", 6, "DELETE"),
        path("/a/new", 5, "CREATE"),
        path("/a/old", 6, "CREATE"),
      ],
    });
    const look = { paths: [path("/a/new", 5)] };
    t.same(run(table, [exchange, look])[0]?.changes, ["/a/new 5", "/a/new undefined"]);
    t.notOk(watch.known, "a look at the name does not bring it back");
    t.end();
  },
);

t.test("one DELETE record stands for both files of a rename that keeps the last part", (t) => {
  const table = new NameTable();
  table.watchDir("/a/x", 0);
  const failed: Call = {
    syscall: 82,
    result: "success=no exit=-39",
    paths: [
      path("/b/", 2, "PARENT", DIR),
      path("/a/", 1, "PARENT", DIR),
      path("/b/x", 6, "DELETE", DIR),
    ],
  };
  t.same(trees(table, [failed]), [[0]]);
  t.end();
});

t.test("a file with two names is where its descriptor was opened", (t) => {
  const table = new NameTable();
  table.watchDir("/in", 0);
  const link: Call = {
    syscall: 86,
    paths: [path("/out/f", 5), path("/in/", 1, "PARENT", DIR), path("/in/g", 5, "CREATE")],
  };
  const open = (name: string, fd: number): Call => ({
    syscall: 2,
    result: `success=yes exit=${fd}`,
    paths: [path(name, 5)],
  });
  const fchmod = (fd: string): Call => ({
    syscall: 91,
    args: [fd, "0", "0", "0"],
    paths: [path("(null)", 5)],
  });
  const calls = [link, open("/out/f", 3), open("/in/g", 4), fchmod("3"), fchmod("4")];
  t.same(trees(table, calls), [[0], [], [0], [], [0]]);
  t.end();
});

t.test("an open through a link to nothing makes the file where the link leads to", (t) => {
  const table = new NameTable();
  table.watchDir("/in", 0);
  table.symlinked("/in/l", "/out/f");
  const create: Call = {
    syscall: 2,
    paths: [path("/in/", 9, "PARENT", DIR), path("/in/l", 5, "CREATE")],
  };
  const fchmod: Call = { syscall: 91, args: ["7", "0", "0", "0"], paths: [path("(null)", 5)] };
  t.same(trees(table, [create, fchmod]), [[0], []]);
  t.end();
});
