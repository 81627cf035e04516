import { type LatencySummary, type LoadReport, lostOf, type ScopeResult } from "@cauditd/loadtest";
import Table from "cli-table3";
import { PLAIN_TABLE } from "../terminal/accounting-table.ts";

/** The report for people. */
export function loadReportText(report: LoadReport): string {
  const { events, seconds, rate, behind, problems } = report;
  const late = behind === 0 ? "" : `; ${behind} more were due and not taken`;
  const lines = [
    `${events} events sent in ${seconds.toFixed(1)} s: ${Math.round(rate)} events/s${late}`,
    "",
    scopes(report),
    "",
  ];
  if (problems.length === 0) lines.push("accounting: every event is accounted for");
  else for (const problem of problems) lines.push(`accounting: ${problem}`);
  return `${lines.join("\n")}\n`;
}

function scopes({ scopes: results, latency }: LoadReport): string {
  const head = [
    ...["scope", "sent", "seen", "lost", "filtered", "others"],
    ...["p50 ms", "p90 ms", "p99 ms", "max ms"],
  ];
  const table = new Table({
    head,
    chars: PLAIN_TABLE,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((name) => (name === "scope" ? "left" : "right")),
  });
  for (const one of results) table.push([one.name, ...counts(one), ...times(one.latency)]);
  if (latency !== undefined) table.push(["all", "", "", "", "", "", ...times(latency)]);
  return table.toString();
}

function counts(one: ScopeResult): (number | string)[] {
  return [one.sent, one.seen, lostOf(one), one.counted?.filtered ?? "-", one.others];
}

function times(latency: LatencySummary | undefined): (number | string)[] {
  if (latency === undefined) return ["-", "-", "-", "-"];
  return [latency.p50, latency.p90, latency.p99, latency.max];
}
