// auditctl's command lines, carried out on an instance: what it prints, where, and its exit codes.
import type { StatusReply } from "@cauditd/dispatcher";
import {
  type AuditdSignal,
  AuditError,
  Errno,
  formatRules,
  formatStatus,
  matchesKey,
  parseRuleArguments,
  type RuleArguments,
  type RuleCommand,
  type RuleContext,
  requestErrorText,
} from "@cauditd/libaudit";
import { NO_ROTATION } from "../node/instance-signal.ts";
import { machineArch } from "../node/machine.ts";
import { loadFile } from "./load-file.ts";
import type { Requests } from "./requests.ts";
import { usageText, VERSION_TEXT } from "./usage.ts";

/** Where auditctl writes: text of bytes, latin1. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What carrying out command lines needs. */
export interface AuditctlOptions {
  readonly requests: Requests;
  readonly context: RuleContext;
  readonly output: Output;
  /** Listings and statuses as JSON. */
  readonly json: boolean;
  /** Path of this program, for user records. */
  readonly exe: string;
}

/** auditctl's exit code for what went wrong. */
const FAILED = 255;
/** What auditctl says of rules for a locked instance; it is no error. */
const IMMUTABLE_TEXT = "The audit system is in immutable mode, no rule changes allowed";

/** Runs auditctl's command lines. Errors that are no answers of the host pass. */
export class Auditctl {
  readonly options: AuditctlOptions;

  constructor(options: AuditctlOptions) {
    this.options = options;
  }

  /** One command line; answers the exit code. */
  async run(args: readonly string[]): Promise<number> {
    const read = parseRuleArguments(args, this.options.context);
    const [only] = read.commands;
    if (only?.kind === "read-file") return await loadFile(this, only.file);
    return (await this.line(read, true)) === undefined ? 0 : (read.error?.exitCode ?? FAILED);
  }

  /**
   * The requests of one line, up to the first that is refused; then its warnings and its error.
   * @param alone a command line, not a line of a file: its rule is not tried on a locked instance
   * @returns what went wrong, told already; undefined = nothing
   */
  async line(
    { commands, warnings, error }: RuleArguments,
    alone = false,
  ): Promise<string | undefined> {
    let wrong: string | undefined;
    for (const command of commands) {
      // The warnings of a line come before its last request, which is its rule.
      if ("rule" in command) {
        this.#warn(warnings);
        if (alone && (await this.refusesRules())) return undefined;
      }
      wrong = await this.#request(command);
      if (wrong !== undefined) break;
    }
    if (!commands.some((command) => "rule" in command)) this.#warn(warnings);
    wrong ??= error?.text;
    if (wrong !== undefined) {
      if (wrong !== "") this.complain(wrong);
      return wrong;
    }
    const sets = commands.some(({ kind }) => kind === "set");
    if (sets && !commands.some((command) => "rule" in command)) await this.#status(false, false);
    return undefined;
  }

  /** A line on standard error. */
  complain(text: string): void {
    this.options.output.err(`${text}\n`);
  }

  /** True, and said, when the instance is locked. */
  async refusesRules(): Promise<boolean> {
    const locked = await this.#isImmutable();
    if (locked) this.complain(IMMUTABLE_TEXT);
    return locked;
  }

  /** True when the instance is locked. What cannot be asked is left to the request itself. */
  async #isImmutable(): Promise<boolean> {
    try {
      return (await this.options.requests.status()).enabled === 2;
    } catch (error) {
      if (error instanceof AuditError && error.errno !== Errno.ENOENT) return false;
      throw error;
    }
  }

  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) this.complain(warning);
  }

  /** @returns what auditctl says of a request that is refused */
  async #request(command: RuleCommand): Promise<string | undefined> {
    try {
      return await this.#carryOut(command);
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      if (error.errno === Errno.ECONNREFUSED) return "The audit system is disabled";
      if (error.errno === Errno.ENOENT && command.kind !== "delete" && command.kind !== "add") {
        throw error;
      }
      if (command.kind === "loginuid-immutable") {
        return requestErrorText({ kind: "trim" }, error.errno).replace(
          "sending trim subtrees command",
          "setting feature",
        );
      }
      return requestErrorText(command, error.errno);
    }
  }

  async #carryOut(command: RuleCommand): Promise<string | undefined> {
    const { requests, output } = this.options;
    switch (command.kind) {
      case "add":
        await requests.add(command.rule);
        return undefined;
      case "delete":
        await requests.delete(command.rule);
        return undefined;
      case "delete-all":
        await requests.deleteAll(command.key);
        await this.#list(false, command.key);
        return undefined;
      case "list":
        await this.#list(command.interpret, command.key);
        return undefined;
      case "status":
        await this.#status(command.interpret, true);
        return undefined;
      case "set":
        await requests.set(command.field, command.value);
        return undefined;
      case "reset":
        this.complain(`${command.counter}: ${await requests.reset(command.counter)}`);
        return undefined;
      case "loginuid-immutable":
        await requests.lockLoginuid();
        return undefined;
      case "user-record":
        await requests.userRecord(
          `text=${command.text} exe="${this.options.exe}" hostname=? addr=? terminal=? res=success`,
        );
        return undefined;
      case "signal":
        return await this.#signal(command.signal);
      case "trim":
        // There is no tree to trim: paths are compared as text. The right to it is asked for.
        await requests.status();
        return undefined;
      case "make-equivalent":
        return requestErrorText(command, Errno.EOPNOTSUPP);
      case "version":
        output.out(VERSION_TEXT);
        return undefined;
      case "usage":
        output.out(usageText());
        return undefined;
      default:
        return undefined;
    }
  }

  async #signal(signal: AuditdSignal): Promise<string | undefined> {
    const { requests } = this.options;
    if ((await requests.status()).pid === 0) {
      this.complain("Auditd is not running");
      return undefined;
    }
    try {
      await requests.signal(signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      const [, reason = ""] = /\((.*)\)$/.exec(requestErrorText(STATUS, error.errno)) ?? [];
      const why = signal === "USR1" && error.errno === Errno.EINVAL ? `\n${NO_ROTATION}` : "";
      return `Failed sending signal to auditd (${reason})${why}`;
    }
  }

  async #list(interpret: boolean, key = ""): Promise<void> {
    const { requests, output, json } = this.options;
    const all = await requests.rules();
    const shown = all.filter(({ rule }) => matchesKey(rule, key));
    const format = { arch: machineArch(), interpret };
    if (json) {
      const rules = shown.map(({ rule, floor }) => {
        return { rule: formatRules([rule], format).trimEnd(), floor };
      });
      output.out(`${JSON.stringify({ instance: requests.scope, rules }, null, 2)}\n`);
      return;
    }
    // Rules of which none has the key print nothing; `No rules` says that there are none at all.
    if (all.length > 0 && shown.length === 0) return;
    output.out(
      formatRules(
        shown.map(({ rule }) => rule),
        format,
      ),
    );
  }

  async #status(interpret: boolean, features: boolean): Promise<void> {
    const { requests, output, json } = this.options;
    const status = await requests.status();
    const loginuidImmutable = features ? await requests.feature("loginuid_immutable") : undefined;
    if (json) {
      const feature = features ? { loginuid_immutable: loginuidImmutable } : {};
      const all = { instance: requests.scope, ...status, ...feature };
      output.out(`${JSON.stringify(all, null, 2)}\n`);
      return;
    }
    const format = loginuidImmutable === undefined ? {} : { loginuidImmutable };
    output.out(formatStatus(status, { interpret, ...format }));
    if (features) output.out(hostLimits(status));
  }
}

/** What the host has set for an instance: lines that auditctl has no need of. */
function hostLimits({ overflow, quota }: StatusReply): string {
  const policy = overflow === "newest" ? "" : `overflow ${overflow}\n`;
  return quota === null
    ? policy
    : `${policy}quota_rate ${quota.rate}\nquota_burst ${quota.burst}\n`;
}

const STATUS: RuleCommand = { kind: "status", interpret: false };
