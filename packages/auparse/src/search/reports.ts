export { Report } from "./report.ts";
export { type ReportRequest, readReportArguments } from "./report-arguments.ts";
export type { LogTime } from "./report-totals.ts";
