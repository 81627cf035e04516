import t from "tap";
import { readSearchArguments } from "../../src/search/arguments.ts";
import type { SearchRequest } from "../../src/search/query.ts";
import { machine } from "./search-events.ts";

function read(line: string): SearchRequest {
  const found = readSearchArguments(line.split(" "), machine);
  if ("error" in found) throw new Error(found.error);
  return found.request;
}

function complaint(line: string): string {
  const found = readSearchArguments(line.split(" "), machine);
  return "error" in found ? found.error : "";
}

t.test("values go where they belong", async (t) => {
  const { query, format } = read("-m USER_AUTH,1300 -ui alice -ul -1 -e -ENOENT -sc open --raw");
  t.strictSame(query.types, [1100, 1300]);
  t.match(query, { uid: 1000, uidName: "alice", auid: 0xffffffff, exit: -2n, syscall: 2 });
  t.equal(query.machine, "x86_64");
  t.equal(format, "raw");
  t.match(read("-ua root -ga wheel").query, { anyUid: true, euid: 0, anyGid: true, egid: 10 });
  t.match(read("-se x_t").query, { subject: "x_t", object: "x_t", eitherContext: true });
  t.match(read("--format csv --extra-keys").extra, { keys: true });
  t.match(read("--checkpoint /c -ts checkpoint"), { checkpoint: "/c", checkpointTime: true });
  t.match(read("-if /l --just-one -w --escape shell_quote"), {
    input: "/l",
    escape: "shell_quote",
  });
  t.match(read("--contid -1 --eoe-timeout 7").query, { contid: 2n ** 64n - 1n, timeout: 7 });
  t.equal(read("--arch i386 -sc 252").query.machine, "i386");
  t.equal(read("-i").query.interpreted, true);
  t.ok(read("-h -bogus").help);
  t.ok(read("-v").version);
});

t.test("times may have date and time in either order", async (t) => {
  const seconds = Date.UTC(2026, 10, 23, 18) / 1000;
  t.equal(read("-ts 11/23/26 18:00:00").query.start, seconds);
  t.equal(read("-ts 18:00:00 11/23/26 -w").query.start, seconds);
  t.equal(read("-te 18:00:00").query.end, seconds + 2 * 86400);
});

t.test("complaints are ausearch's", async (t) => {
  t.equal(complaint("-k"), "Argument is required for -k");
  t.equal(complaint("-k -w"), "Argument is required for -k");
  t.equal(complaint("--raw x"), "Argument is NOT required for --raw");
  t.equal(complaint("-i --raw"), "Conflicting output format --raw");
  t.equal(complaint("--raw --format csv"), "Multiple output formats, use only 1");
  t.equal(complaint("-bogus"), "-bogus is an unsupported option");
  t.equal(complaint("-ts"), "-ts requires either date and/or time");
  t.equal(complaint("-sc open --arch b32"), "Arch needs to be defined before the syscall");
  t.equal(complaint("-sv maybe"), "Success must be 'yes' or 'no'.");
  t.equal(complaint("-ui nobody"), "Effective user ID is non-numeric and unknown (nobody)");
  t.equal(complaint("--extra-time"), "--extra options requires format to be csv");
});

t.test("wrong extra columns are told of even behind another complaint", async (t) => {
  const complaint = "--extra options requires format to be csv";
  t.same(readSearchArguments(["--extra-keys"], machine), { error: complaint });
  t.same(readSearchArguments(["--extra-keys", "--arch", "bogus"], machine), {
    error: `Unknown arch bogus\n${complaint}`,
  });
});

t.test("escape modes are told apart by their whole names", async (t) => {
  t.match(readSearchArguments(["--escape", "shell_quote"], machine), {
    request: { escape: "shell_quote" },
  });
  t.same(readSearchArguments(["--escape", "shellx"], machine), {
    error: "Unknown option (shellx)",
  });
});
