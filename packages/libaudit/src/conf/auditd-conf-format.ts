// A configuration as a file that reads as the same.
import {
  AUDITD_CONF_DEFAULTS,
  type AuditdConf,
  type FailureAction,
  type PortRange,
  type SpaceMark,
} from "./auditd-conf.ts";
import { mailAccountProblem } from "./auditd-conf-check.ts";

type ConfValue = AuditdConf[keyof AuditdConf];

function valueText(value: Exclude<ConfValue, undefined>): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (typeof value === "number") return `${value}`;
  return pairText(value);
}

function pairText(value: FailureAction | SpaceMark | PortRange): string {
  if ("action" in value) {
    return value.exe === undefined ? value.action : `${value.action} ${value.exe}`;
  }
  if ("unit" in value) return `${value.value}${value.unit === "%" ? "%" : ""}`;
  return `${value.min}-${value.max}`;
}

/**
 * Prints a configuration as auditd.conf, a line each key that has a value, in latin1. Read again,
 * it gives the same configuration.
 */
export function formatAuditdConf(conf: AuditdConf): string {
  // An address that was taken unchecked is taken so again.
  const isUnchecked = conf.verify_email && mailAccountProblem(conf.action_mail_acct) !== undefined;
  let text = "";
  for (const key of Object.keys(AUDITD_CONF_DEFAULTS) as (keyof AuditdConf)[]) {
    const value = conf[key];
    if (value === undefined) continue;
    const line = `${key} = ${valueText(value)}\n`;
    const isAccount = key === "action_mail_acct" && isUnchecked;
    text += isAccount ? `verify_email = no\n${line}verify_email = yes\n` : line;
  }
  return text;
}
