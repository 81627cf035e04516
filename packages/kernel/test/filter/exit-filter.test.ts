import t from "tap";
import { EventFacts } from "../../src/filter/event-facts.ts";
import { ExitFilter } from "../../src/filter/exit-filter.ts";
import { type Call, callText, events, path, rule } from "../rules.ts";

/** Runs calls through an exit list; the keys of the rules that decided, `-` for none. */
function keys(rules: readonly string[], calls: readonly Call[]): string[] {
  const facts = new EventFacts();
  const numbered = rules.map((text, index) => ({ rule: rule(text), number: index + 1 }));
  const filter = new ExitFilter(numbered, facts);
  const found: string[] = [];
  events(calls.map(callText).join(""), (event) => {
    facts.reset(event);
    found.push(filter.decide()?.key ?? "-");
  });
  return found;
}

const SRV = "-a always,exit -F dir=/srv -F perm=wa -k srv";
const SHADOW = "-w /etc/shadow -p wa -k shadow";
const FCHMOD = 91;
const WRITE_OPEN = { args: ["ffffff9c", "0", "1", "0"] };

t.test("a relative name starts from the working directory", (t) => {
  const call = { ...WRITE_OPEN, cwd: "/srv/data", paths: [path("../f", 5)] };
  t.same(keys([SRV], [call]), ["srv"]);
  t.same(keys([SRV], [{ ...call, cwd: "/tmp" }]), ["-"]);
  t.end();
});

t.test("a call on a descriptor is known by the inode of an earlier name", (t) => {
  const open = { cwd: "/", paths: [path("/srv/f", 5)] };
  const chmod = { syscall: FCHMOD, args: ["3", "1ff", "0", "0"], paths: [path("(null)", 5)] };
  t.same(keys([SRV], [chmod, open, chmod]), ["-", "-", "srv"]);
  t.end();
});

t.test("an open file stays in the tree it was unlinked from; a moved one is where it is", (t) => {
  const chmod = { syscall: FCHMOD, paths: [path("(null)", 5)] };
  const unlink = { syscall: 87, paths: [path("/srv/", 1, "PARENT"), path("/srv/f", 5, "DELETE")] };
  const create = {
    ...WRITE_OPEN,
    paths: [path("/srv/", 1, "PARENT"), path("/srv/f", 5, "CREATE")],
  };
  t.same(keys([SRV], [create, chmod, unlink, chmod]), ["srv", "srv", "srv", "srv"]);
  const rename = (from: string, to: string): Call => ({
    syscall: 82,
    paths: [
      path(from.slice(0, from.lastIndexOf("/") + 1), 1, "PARENT"),
      path(to.slice(0, to.lastIndexOf("/") + 1), 2, "PARENT"),
      path(from, 5, "DELETE"),
      path(to, 5, "CREATE"),
    ],
  });
  const out = rename("/srv/f", "/tmp/f");
  t.same(keys([SRV], [create, out, chmod, rename("/tmp/f", "/srv/g"), chmod]), [
    "srv",
    "srv",
    "-",
    "srv",
    "srv",
  ]);
  t.end();
});

t.test("a renamed directory takes what is below it along", (t) => {
  const dir = { mode: "040755" };
  const open = { ...WRITE_OPEN, paths: [path("/srv/a/f", 5)] };
  const rename = {
    syscall: 82,
    paths: [
      path("/tmp/", 2, "PARENT"),
      path("/srv/", 1, "PARENT"),
      path("/srv/a", 9, "DELETE", dir),
      path("/tmp/a", 9, "CREATE", dir),
    ],
  };
  const chmod = { syscall: FCHMOD, paths: [path("(null)", 5)] };
  t.same(keys([SRV], [open, chmod, rename, chmod]), ["srv", "srv", "srv", "-"]);
  t.end();
});

t.test("a symbolic link whose making was seen is followed", (t) => {
  const link = {
    syscall: 88,
    paths: [
      path("/tmp/", 1, "PARENT"),
      path("/srv", undefined, "UNKNOWN"),
      path("/tmp/l", 8, "CREATE", { mode: "0120777" }),
    ],
  };
  const open = { ...WRITE_OPEN, paths: [path("/tmp/l/f", 5)] };
  t.same(keys([SRV], [open, link, open]), ["-", "-", "srv"]);
  t.end();
});

t.test(
  "a hard link outside a watched tree is outside; a watch on the file follows the file",
  (t) => {
    const known = { ...WRITE_OPEN, paths: [path("/srv/f", 5)] };
    const link = {
      syscall: 86,
      paths: [path("/srv/f", 5), path("/tmp/", 1, "PARENT"), path("/tmp/h", 5, "CREATE")],
    };
    const outside = { ...WRITE_OPEN, paths: [path("/tmp/h", 5)] };
    t.same(keys([SRV], [known, link, outside]), ["srv", "srv", "-"]);
    const file = "-w /srv/f -p wa -k file";
    t.same(keys([file], [known, link, outside]), ["file", "file", "file"]);
    t.end();
  },
);

t.test("a file that is renamed over a watched path is watched, the old one is not", (t) => {
  const old = { ...WRITE_OPEN, paths: [path("/etc/shadow", 5)] };
  const rename = {
    syscall: 82,
    paths: [
      path("/etc/", 1, "PARENT"),
      path("/etc/", 1, "PARENT"),
      path("/etc/new", 6, "DELETE"),
      path("/etc/shadow", 5, "DELETE"),
      path("/etc/shadow", 6, "CREATE"),
    ],
  };
  const chmod = (inode: number): Call => ({ syscall: FCHMOD, paths: [path("(null)", inode)] });
  t.same(keys([SHADOW], [old, rename, chmod(6), chmod(5)]), ["shadow", "shadow", "shadow", "-"]);
  t.end();
});

t.test("a name behind a descriptor is known by its inode, a new one by its parent's", (t) => {
  const known = { paths: [path("/srv/sub", 9, "NORMAL", { mode: "040755" })] };
  const at = (paths: readonly string[]): Call => ({
    args: ["4", "0", "1", "0"],
    cwd: "/tmp",
    paths,
  });
  const fresh = at([path("/tmp", 9, "PARENT"), path("f", 7, "CREATE")]);
  const again = at([path("f", 7)]);
  const stranger = at([path("f", 8)]);
  t.same(keys([SRV], [known, fresh, again, stranger]), ["-", "srv", "srv", "-"]);
  t.end();
});

t.test("dir rules, plain rules and inode rules decide in the order of the list", (t) => {
  const plain = "-a always,exit -S openat -F uid=1000 -k plain";
  const inode = "-a always,exit -S openat -F inode=5 -k inode";
  const call = { ...WRITE_OPEN, paths: [path("/srv/f", 5)] };
  t.same(keys([SRV, plain, inode], [call]), ["srv"]);
  t.same(keys([plain, SRV, inode], [call]), ["plain"]);
  t.same(keys([inode, SRV, plain], [call]), ["inode"]);
  t.same(keys(["-a always,exit -S openat -F uid=1 -k no", inode, SRV], [call]), ["inode"]);
  t.end();
});

t.test("calls of 2048 and up match no rule, and arch divides the rules", (t) => {
  t.same(keys(["-a always,exit -S all -k all"], [{ syscall: 0x40000000 + 1 }]), ["-"]);
  const b32 = "-a always,exit -F arch=b32 -S open -k b32";
  t.same(keys([b32], [{ arch: "40000003", syscall: 5 }, { syscall: 5 }]), ["b32", "-"]);
  t.end();
});
