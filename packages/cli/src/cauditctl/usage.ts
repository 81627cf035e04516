/** What `cauditctl -v` prints. */
export const VERSION_TEXT = "cauditctl version 0.1.0\n";

const OPTIONS: readonly (readonly [option: string, does: string])[] = [
  ["-c INSTANCE", "the instance: host (default), a contid or a container's name"],
  ["-l [-i] | -l -k KEY", "list the rules; -i in words; only those with KEY"],
  ["-s [-i]", "print the status"],
  ["-a LIST,ACTION", "add a rule at the end of task, exit, user, exclude or filesystem"],
  ["-A LIST,ACTION", "add one at the head of LIST; ACTION is never or always"],
  ["-d LIST,ACTION", "delete a rule"],
  ["-D [-k KEY]", "delete all rules, or those with KEY"],
  ["-F FIELD=VALUE", "test a field: =, !=, <, >, <=, >=, &, &="],
  ["-C FIELD=FIELD", "compare two fields: =, !="],
  ["-S CALL", "a system call, by name or number; all for every one"],
  ["-k KEY", "mark what the rule records with KEY"],
  ["-w PATH, -W PATH", "watch a file or a tree; stop watching it"],
  ["-p [r|w|x|a]", "the access that is watched"],
  ["-R FILE", "carry out FILE; a line -i ignores errors, -c goes on after them"],
  ["-e 0|1|2", "recording off, on, on and locked"],
  ["-f 0|1|2", "at a loss: be silent, print, stop"],
  ["-b N, -r N", "limit of waiting events, of events in a second; 0 = none"],
  ["--backlog_wait_time N", "time to wait for room, in jiffies"],
  ["--reset-lost", "set the counter of lost events to 0"],
  ["--reset_backlog_wait_time_actual", "set the time waited to 0"],
  ["--loginuid-immutable", "an auid that is set stays as it is"],
  ["-m TEXT", "write a user record in your own scope"],
  ["--signal SIGNAL", "tell the instance: TERM, HUP, USR1, USR2, CONT"],
  ["-q, -t, -v, -h", "make equivalent, trim, version, this text"],
];

const OWN: readonly (readonly [option: string, does: string])[] = [
  ["--register PID --contid N", "register a container, or put PID into one of yours"],
  ["  [--name X] [--parent N]", "its name, and the container that it is nested in"],
  ["--end N", "end a container"],
  ["--contid PID", "print the contid of a task"],
  ["--capcontid PID 0|1", "let the principal of PID nest containers in its own, or not"],
  ["--instances", "list the instances that you may read"],
  ["--floor", "rules are the host's: the instance's admin cannot remove them"],
  ["--json", "print JSON"],
  ["--socket PATH", "the host's control socket (CAUDITD_SOCKET, cauditd.yaml)"],
  ["--config FILE", "the host's configuration, for its socket (default: cauditd.yaml)"],
  ["--url URL --principal NAME", "over NATS (NATS_URL, CAUDITD_PRINCIPAL)"],
  ["--creds FILE, --ca FILE", "credentials (NATS_CREDS), certificates to trust (NATS_CA)"],
  ["--host NAME", "name of the host (CAUDITD_HOST)"],
];

/** What `cauditctl -h` prints. */
export function usageText(): string {
  const line = ([option, does]: readonly [string, string]): string =>
    `  ${option.padEnd(32)} ${does}\n`;
  return `usage: cauditctl [-c INSTANCE] [options]\n\nAs auditctl:\n${OPTIONS.map(line).join("")}
Of cauditctl:\n${OWN.map(line).join("")}`;
}
