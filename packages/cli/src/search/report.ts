import { type LogTime, Report, readReportArguments } from "@cauditd/auparse/reports";
import { EventScan } from "@cauditd/auparse/search";
import type { DirectIo } from "../terminal/direct-output.ts";
import { OutputBatch } from "../terminal/output-batch.ts";
import { splitScopeArguments } from "../terminal/scope-arguments.ts";
import { localClock } from "./local-clock.ts";
import { scanLog } from "./scan-log.ts";
import { userNames } from "./search-machine.ts";
import { searchedLogs } from "./searched-logs.ts";

const USAGE = `usage: cauditd report NAME [--logs DIR | --config-file FILE] [options of aureport]
       cauditd report -if FILE|DIR [options of aureport]
\tThe options are those of aureport(8): see docs/reference/cauditd-report.md
`;

/**
 * Reports on the logs of an instance as aureport does: `cauditd report C [aureport options]`.
 * @returns aureport's exit code
 */
export async function report(argv: readonly string[], io: DirectIo): Promise<number> {
  const scope = splitScopeArguments(argv, "--config-file");
  const read = readReportArguments(scope.rest, localClock);
  if ("error" in read) {
    io.err(`${read.error}\n`);
    io.out(read.usage ? USAGE : "\n");
    return 1;
  }
  const { request } = read;
  if (request.help || (argv.length === 0 && scope.instance === undefined)) {
    io.out(USAGE);
    return request.help ? 0 : 1;
  }
  if (request.version) {
    io.out("cauditd report, with the options of aureport 3.0.9\n");
    return 0;
  }
  const output = new OutputBatch(io.out);
  const made = new Report(request, localClock, userNames(), (record) => {
    if (request.debug) io.err(`Malformed event skipped. ${record}\n`);
  });
  output.text(made.head());
  const found = await searchedLogs(scope, request, io.err);
  if (found === undefined) {
    output.flush();
    return 1;
  }
  const { logs } = found;
  let first: LogTime | undefined;
  let last: LogTime | undefined;
  const scan = new EventScan({ ...request, contid: undefined }, (event) => {
    const { sec, milli } = event;
    first ??= { sec, milli };
    last = { sec, milli };
    output.text(made.add(event));
    return io.stop.signal === undefined;
  });
  const exact = ({ sec, milli }: LogTime): string =>
    `${made.stamp(sec)}.${String(milli).padStart(3, "0")}`;
  for (const [index, log] of logs.entries()) {
    first = undefined;
    last = undefined;
    await scanLog(log, scan, () => io.stop.signal === undefined);
    if (index === logs.length - 1) scan.end();
    if (request.kind === "log") {
      const [from, to]: (LogTime | undefined)[] = [first, last];
      const range =
        from === undefined || to === undefined ? "no records" : `${exact(from)} - ${exact(to)}`;
      output.text(`${log === "-" ? "stdin" : log}: ${range}\n`);
    }
  }
  made.totals.first = scan.first ?? made.totals.first;
  made.totals.last = last ?? made.totals.last;
  const ended = made.end();
  output.text(ended.text);
  output.flush();
  return io.stop.exitCode === 0 ? ended.exit : io.stop.exitCode;
}
