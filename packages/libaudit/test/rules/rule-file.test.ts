import { lineErrorText, parseRulesFile, splitRuleLine } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { commandLine, file, MACHINE } from "../rule-machine.ts";

const FIVE = "-a always,task\n-a never,task\n-a always,bogus\n-D\n-b 5\n";

t.test("AUD-5: the first refused line stops the file", async (t) => {
  const { commands, errors, exitCode } = file(FIVE);
  t.same(
    commands.map(({ line }) => line),
    [1, 2],
  );
  t.same(errors, [{ line: 3, text: "Append rule - bad keyword always,bogus", mode: "stop" }]);
  t.equal(exitCode, 1);
  t.equal(lineErrorText(3, "F"), "There was an error in line 3 of F");
});

t.test("AUD-6, AUD-7: after -c and -i the file goes on", async (t) => {
  for (const [option, mode] of [
    ["-c", "continue"],
    ["-i", "ignore"],
    ["-c\n-i", "continue"],
    ["-i\n-c", "continue"],
  ]) {
    const read = file(`${option}\n${FIVE}`);
    t.same(
      read.errors.map((error) => error.mode),
      [mode],
    );
    t.equal(read.exitCode, mode === "ignore" ? 0 : 1);
    t.equal(read.commands.at(-1)?.command.kind, "set");
  }
});

t.test("an error before -c does not count if -i came before it", async (t) => {
  const { errors, exitCode } = file("-i\n-Z\n-c\n-D");
  t.equal(errors.length, 1);
  t.equal(exitCode, 0);
  t.equal(file("-i\n-c\n-Z").exitCode, 1);
});

t.test("AUD-1, AUD-9: only blanks separate words", async (t) => {
  t.same(splitRuleLine("  -w   /x  -p r "), ["-w", "/x", "-p", "r"]);
  t.same(splitRuleLine("-w /x\t-p w"), ["-w", "/x\t-p", "w"]);
  t.same(file("-w /x\t-p w").errors, [
    { line: 1, text: "parameter passed without an option given", mode: "stop" },
  ]);
  t.same(file("-w /x -p wa\r\n").errors, [
    { line: 1, text: "Permission \r isn't supported", mode: "stop" },
  ]);
});

t.test("AUD-2: comments are whole lines", async (t) => {
  t.same(file("# x\n   # y\n\n   \n#\\ z"), {
    commands: [],
    errors: [],
    warnings: [],
    exitCode: 0,
  });
  t.same(file("\n-w /etc/x # c").errors, [
    { line: 2, text: "parameter passed without an option given", mode: "stop" },
  ]);
});

t.test("AUD-3, AUD-4: no quotes, two escapes", async (t) => {
  t.same(splitRuleLine('-k "a b"'), ["-k", '"a', 'b"']);
  t.same(splitRuleLine("-w /a\\ b\\\\c\\d\\"), ["-w", "/a b\\c\\d\\"]);
  t.same(splitRuleLine("-w \\ "), ["-w", " "]);
});

t.test("AUD-8: a file does not read another", async (t) => {
  t.same(file("-R other").errors, [
    { line: 1, text: "Error - nested rule files not supported", mode: "stop" },
  ]);
});

t.test("AUD-10: a long line is taken as several, NUL ends a line", async (t) => {
  const comment = `#${"x".repeat(6142)}`;
  t.same(
    file(`${comment}-b 5\n-b x`).commands.map(({ line, command }) => [line, command.kind]),
    [[2, "set"]],
  );
  t.same(file(`${comment}-b 5\n-b x`).errors, [
    { line: 3, text: "Backlog must be a numeric value was x", mode: "stop" },
  ]);
  t.equal(file("-b 5\0 x\n").errors.length, 0);
});

t.test("a refused option is named with its line", async (t) => {
  t.same(file("\n-Z").errors, [{ line: 2, text: "Option -Z on line 2 is invalid", mode: "stop" }]);
});

t.test("any bytes give errors, never an exception", async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { errors, exitCode } = parseRulesFile(bytes, MACHINE);
      return errors.filter(({ mode }) => mode === "stop").length <= 1 && exitCode <= 1;
    }),
  );
});

t.test("a file of rules means what its lines mean on a command line", async () => {
  const word = /^[^ \\]+$/;
  fc.assert(
    fc.property(
      fc.array(commandLine.filter((args) => args.every((arg) => word.test(arg)))),
      (lines) => {
        const text = `-i\n${lines.map((args) => args.join(" ")).join("\n")}`;
        const read = file(text);
        return read.commands.length + read.errors.length === lines.length + 1;
      },
    ),
  );
});
