// What cauditctl does beyond auditctl: containers, tasks, instances.
import Table from "cli-table3";
import { PLAIN_TABLE } from "../terminal/accounting-table.ts";
import { instancesShape, readAnswer } from "./answer-shapes.ts";
import type { CommandWord } from "./arguments.ts";
import type { Output } from "./auditctl.ts";
import type { Requests } from "./requests.ts";

/** Words of a command, by option. */
export type Words = Readonly<Partial<Record<CommandWord, string>>>;

/** A request of a command line, or what is wrong with it. */
type Plan =
  | { readonly verb: string; readonly body: object; readonly say: (result: Result) => string }
  | { readonly problem: string };

type Result = Readonly<Record<string, unknown>>;

/**
 * Carries out a command of cauditctl's own. Throws the AuditError that the host answers.
 * @returns the exit code: 0, or 2 for wrong usage
 */
export async function runOwn(
  words: Words,
  requests: Requests,
  output: Output,
  json: boolean,
): Promise<number> {
  const plan = planOf(words);
  if ("problem" in plan) {
    output.err(`cauditctl: ${plan.problem}\n`);
    return 2;
  }
  const result = ((await requests.other(plan.verb, plan.body)) ?? {}) as Result;
  output.out(json ? `${JSON.stringify(result, null, 2)}\n` : plan.say(result));
  return 0;
}

function planOf(words: Words): Plan {
  const { register, contid, name, parent, end, capcontid, value, instances } = words;
  const chosen = [register ?? contid, end, capcontid, instances].filter(
    (word) => word !== undefined,
  );
  if (chosen.length > 1) return { problem: "expected one of --register, --contid, --end ..." };
  if (instances !== undefined) return { verb: "instances", body: {}, say: instancesTable };
  if (end !== undefined) return { verb: "end", body: { contid: end }, say: () => "" };
  if (capcontid !== undefined) {
    const pid = pidOf(capcontid);
    if (pid === undefined) return { problem: `--capcontid ${capcontid}: expected a process ID` };
    if (!/^[0-9]{1,10}$/.test(value ?? "")) return { problem: "--capcontid PID: expected 0 or 1" };
    return { verb: "capcontid-set", body: { pid, value: Number(value) }, say: () => "" };
  }
  if (register !== undefined) {
    const pid = pidOf(register);
    if (pid === undefined) return { problem: `--register ${register}: expected a process ID` };
    if (contid === undefined) return { problem: "--register PID: expected --contid N" };
    const more = {
      ...(name === undefined ? {} : { name }),
      ...(parent === undefined ? {} : { parent }),
    };
    return { verb: "register", body: { pid, contid, ...more }, say: () => "" };
  }
  const pid = pidOf(contid ?? "");
  if (pid === undefined) return { problem: `--contid ${contid ?? ""}: expected a process ID` };
  return { verb: "contid", body: { pid }, say: (result) => `${String(result["contid"])}\n` };
}

function pidOf(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

function instancesTable(result: Result): string {
  const { instances } = readAnswer("instances", instancesShape, result);
  const head = ["instance", "contid", "enabled", "rules", "serial", "backlog", "lost", "written"];
  const table = new Table({
    head,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    chars: PLAIN_TABLE,
    colAligns: ["left", "left", ...new Array<"right">(6).fill("right")],
  });
  for (const { name, scope, enabled, rules, serial, backlog, lost, account } of instances) {
    table.push([name, scope, enabled, rules, serial, backlog, lost, account.written].map(String));
  }
  return `${table.toString()}\n`;
}
