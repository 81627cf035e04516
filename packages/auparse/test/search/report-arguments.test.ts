import t from "tap";
import { readReportArguments } from "../../src/search/report-arguments.ts";
import { clock } from "./search-events.ts";

const read = (line: string): ReturnType<typeof readReportArguments> =>
  readReportArguments(line.split(" "), clock);

t.test("a report is named once", async (t) => {
  t.match(read("-f --summary -i --failed"), {
    request: { kind: "file", summary: true, interpret: true, outcome: "failed" },
  });
  t.match(read("-c --add -nc --node n1"), {
    request: { kind: "config", change: "add", noConfig: true, nodes: ["n1"] },
  });
  t.match(read("-f -x"), { error: "Error - only one report can be specified" });
  t.match(read("-ts 11/23/26 18:00:00 -te 19:00"), {
    request: {
      start: Date.UTC(2026, 10, 23, 18) / 1000,
      end: Date.UTC(2026, 10, 25, 19) / 1000,
    },
  });
});

t.test("complaints are aureport's", async (t) => {
  t.match(read("-bogus"), { error: "-bogus is an unsupported option" });
  t.match(read("-if"), { error: "Argument is required for -if" });
  t.match(read("-i x"), { error: "Argument is NOT required for -i" });
  t.match(read("-ts"), { error: "-ts requires either date and/or time" });
  t.match(read("--eoe-timeout 0"), { error: /Illegal value/ });
  t.match(read("--escape x"), { error: "Unknown option (x)" });
  t.match(read("toString"), { error: "toString is an unsupported option" });
  t.match(read("-t --summary"), { error: "Unimplemented option" });
});

t.test("every option of aureport(8) is known", async (t) => {
  const reports =
    "-au --auth -a --avc --comm -c --config -cr --crypto -e --event -f --file -h --host " +
    "--integrity -k --key -l --login -m --mods -ma --mac -n --anomaly -p --pid -r " +
    "--response -s --syscall -t --log --tty -tm --terminal -u --user --virt -x --executable";
  const others =
    "--debug --eoe-timeout=3 --escape=raw --failed --help -i --interpret -if=f --input=f " +
    "--input-logs --node=n -nc --no-config --success --summary -te=now --end=now -ts=now " +
    "--start=now -v --version";
  for (const option of `${reports} ${others}`.split(" ")) {
    t.ok("request" in readReportArguments(option.split("="), clock), option);
  }
  t.match(read("--debug --input-logs"), { request: { debug: true, inputLogs: true } });
});
