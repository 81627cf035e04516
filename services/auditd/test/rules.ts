// Rules for tests.
import { Arch, parseRuleArguments, type Rule } from "@cauditd/libaudit";

/** One rule from auditctl's options. */
export function rule(...options: readonly string[]): Rule {
  const { commands, error } = parseRuleArguments([...options], {
    arch: Arch.X86_64,
    resolver: { uid: () => undefined, gid: () => undefined },
    stat: () => "other",
  });
  const [command] = commands;
  if (error !== undefined || command?.kind !== "add") throw new Error(error?.text);
  return command.rule;
}
