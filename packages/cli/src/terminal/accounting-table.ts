import { LOST_REASONS } from "@cauditd/kernel";
import Table from "cli-table3";
import type { NodeReport } from "../node/node.ts";

/** Borders of a table that has none. */
export const PLAIN_TABLE = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
} as const;

/** The accounts as a table for people, and what does not add up. */
export function accountingTable(report: NodeReport): string {
  const { host } = report;
  const lines = [
    `${host.captured} records captured = ${host.malformed} malformed + ${host.eoe} end-of-event` +
      ` + ${host.records} in ${host.events} events`,
    "",
    scopeTable(report),
    "",
  ];
  if (report.problems.length === 0) lines.push("accounting: every event is accounted for");
  else for (const problem of report.problems) lines.push(`accounting: ${problem}`);
  return `${lines.join("\n")}\n`;
}

/** One row for each scope. */
export function scopeTable(report: NodeReport): string {
  const lost = LOST_REASONS.map((reason) => `lost:${reason}`);
  // Records of the instances' own are rare: only then they have a column.
  const some = report.scopes.some(({ account }) => account.own > 0);
  const own = some ? ["own"] : [];
  const head = ["scope", "direct", "routed", ...own, "filtered", "disabled", ...lost];
  const table = new Table({
    head: [...head, "in flight", "written"],
    chars: PLAIN_TABLE,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: ["left", ...new Array(head.length + 1).fill("right")],
  });
  for (const { name, account } of report.scopes) {
    table.push([
      name,
      report.host.direct.get(name) ?? 0,
      account.routed,
      ...(some ? [account.own] : []),
      account.filtered,
      account.disabled,
      ...LOST_REASONS.map((reason) => account.lost[reason]),
      account.inFlight,
      account.written,
    ]);
  }
  return table.toString();
}

/** The accounts for programs. */
export function accountingJson(report: NodeReport): object {
  const { host } = report;
  return {
    host: { ...host, direct: Object.fromEntries(host.direct) },
    scopes: report.scopes.map(({ name, scope, account, path }) => ({
      name,
      contid: scope === "host" ? null : scope,
      direct: host.direct.get(name) ?? 0,
      ...account,
      path,
    })),
    problems: report.problems,
  };
}
