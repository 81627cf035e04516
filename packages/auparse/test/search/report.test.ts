import t from "tap";
import { Report } from "../../src/search/report.ts";
import { readReportArguments } from "../../src/search/report-arguments.ts";
import { line, SYSCALL_BODY } from "../records.ts";
import { clock, eventOf } from "./search-events.ts";

function made(args: string, ...lines: readonly string[]): string {
  const read = readReportArguments(args.split(" "), clock);
  if ("error" in read) throw new Error(read.error);
  const report = new Report(read.request, clock, () => undefined);
  const text = lines.map((one) => report.add(eventOf(one))).join("");
  const { text: rest, exit } = report.end();
  return `${text}${rest}${exit}`;
}

const call = line({ type: "SYSCALL", serial: 9, body: SYSCALL_BODY });

t.test("a report has a line for each of its events", async (t) => {
  t.equal(made("-s", call), "1. 11/14/23 22:13:20 59 901 sh 1000 9\n0");
  t.equal(made("-s -i", call), "1. 11/14/23 22:13:20 execve 901 sh unknown(1000) 9\n0");
  t.equal(made("-k", call), "1. 11/14/23 22:13:20 k yes /bin/sh 1000 9\n0");
  t.equal(made("-l", call), "<no events of interest were found>\n\n1");
});

t.test("a summary counts, the most frequent first", async (t) => {
  const other = call.replace('comm="sh"', 'comm="ls"');
  t.equal(made("--comm --summary", other, call, call), "2  sh\n1  ls\n0");
  t.equal(made("-e --summary -i", call), "1  SYSCALL\n0");
  t.equal(made("-x --failed --summary", call), "<no events of interest were found>\n\n0");
});
