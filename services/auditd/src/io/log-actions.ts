// What a log's policy wants done outside the log: syslog, mail, programs.
import { spawn } from "node:child_process";
import type { LogEffect } from "@cauditd/kernel";
import { SENDMAIL } from "@cauditd/libaudit";

/** The effects that are not about the log's own files. */
export type OutwardEffect = Extract<LogEffect, { kind: "syslog" | "mail" | "exec" | "runlevel" }>;

/** Does what is to be done outside a log. Never throws: a log must not end for want of a mail. */
export interface LogActions {
  perform(effect: OutwardEffect): void;
}

/** Told what auditd would write to syslog. */
export interface ActionLog {
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** Programs, with their arguments, that stand for a change of the runlevel. */
export interface RunlevelPrograms {
  readonly single?: readonly string[];
  readonly halt?: readonly string[];
}

/** What the actions of one instance need. */
export interface MachineActionsOptions {
  /** The instance: stands beside every text, and is CAUDITD_INSTANCE of every program. */
  readonly name: string;
  readonly told: ActionLog;
  /** What SINGLE and HALT run; without one they are only told. */
  readonly runlevels?: RunlevelPrograms;
  /** The program for mail; default auditd's. */
  readonly sendmail?: string;
}

/** Does them on this machine. Programs run without a shell, with nothing open but /dev/null. */
export class MachineActions implements LogActions {
  readonly #options: MachineActionsOptions;

  constructor(options: MachineActionsOptions) {
    this.#options = options;
  }

  perform(effect: OutwardEffect): void {
    switch (effect.kind) {
      case "syslog":
        this.#say(effect.priority, effect.text);
        return;
      case "mail":
        this.#mail(effect.to, effect.subject, effect.text);
        return;
      case "exec":
        this.#run(effect.argv);
        return;
      case "runlevel":
        this.#run(this.#options.runlevels?.[effect.level] ?? []);
    }
  }

  #say(priority: string, text: string): void {
    const { name, told } = this.#options;
    const details = { instance: name, priority };
    const isTrouble = ["alert", "crit", "err"].includes(priority);
    if (isTrouble) told.error(details, text);
    else told.warn(details, text);
  }

  #run(argv: readonly string[]): void {
    const [program, ...args] = argv;
    if (program !== undefined) this.#start(program, args);
  }

  /** The address is checked by auditd.conf, and goes by the head only, as auditd sends it. */
  #mail(to: string, subject: string, text: string): void {
    const { sendmail = SENDMAIL } = this.#options;
    const letter = `To: ${to}\nFrom: root\nSubject: ${subject}\n\n${text}\n`;
    this.#start(sendmail, ["-t"], letter);
  }

  #start(program: string, args: readonly string[], input?: string): void {
    const { name, told } = this.#options;
    const failed = (error: Error) => {
      told.error({ instance: name, err: error }, `Audit daemon failed to exec ${program}`);
    };
    try {
      const child = spawn(program, args, {
        stdio: [input === undefined ? "ignore" : "pipe", "ignore", "ignore"],
        env: { ...process.env, CAUDITD_INSTANCE: name },
        detached: true,
      });
      child.on("error", failed);
      // A program that does not read its input must not end this process.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
      child.unref();
    } catch (error) {
      failed(error as Error);
    }
  }
}
