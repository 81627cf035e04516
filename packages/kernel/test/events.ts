// Records as the kernel writes them, for events of which only task and time matter.
import { type AuditEvent, AuditParser } from "@cauditd/auparse";
import { type AttributedBy, Attributor, type Container, Router } from "@cauditd/kernel";

/** What a record of a task says; what is left out gets a usual value. */
export interface TaskEvent {
  readonly pid: number;
  /** Left out: a user record, which has no ppid. */
  readonly ppid?: number;
  /** Milliseconds behind the start of the test; default 0. */
  readonly at?: number;
  /** System call; default openat of x86_64. */
  readonly syscall?: number;
  readonly arch?: string;
  readonly node?: string;
  readonly serial?: number;
}

const START = 1_700_000_000_000;
let serials = 0;

/** `[node=N ]type=T msg=audit(...): BODY` with a serial of its own unless one is given. */
export function line(type: string, body: string, event: Partial<TaskEvent> = {}): string {
  const time = START + (event.at ?? 0);
  const stamp = `${Math.floor(time / 1000)}.${String(time % 1000).padStart(3, "0")}`;
  const node = event.node === undefined ? "" : `node=${event.node} `;
  return `${node}type=${type} msg=audit(${stamp}:${event.serial ?? ++serials}): ${body}`;
}

/** A record that is an event of its own, ended as plugins see it. */
export function loneEvent(type: string, body: string, event: Partial<TaskEvent> = {}): string[] {
  const one = { ...event, serial: event.serial ?? ++serials };
  return [line(type, body, one), line("EOE", "", one)];
}

/** The lines of a system call, or of a user record when there is no ppid. */
export function taskEvent(event: TaskEvent): string[] {
  const { pid, ppid, syscall = 257, arch = "c000003e" } = event;
  const one = { ...event, serial: event.serial ?? ++serials };
  if (ppid === undefined) {
    return [line("USER_CMD", `pid=${pid} uid=0 auid=1000 ses=1 msg='cmd=6964 res=success'`, one)];
  }
  const call = `arch=${arch} syscall=${syscall} success=yes exit=3 a0=0 a1=0 a2=0 a3=0 items=0`;
  return [
    line("SYSCALL", `${call} ppid=${ppid} pid=${pid} auid=1000 ses=1 comm="sh"`, one),
    line("PROCTITLE", "proctitle=7368", one),
  ];
}

/** Runs lines through a parser; every event is handed on while it is valid. */
export function eachEvent(lines: readonly string[], sink: (event: AuditEvent) => void): void {
  const parser = new AuditParser(sink);
  parser.push(Buffer.from(`${lines.join("\n")}\n`, "latin1"));
  parser.end();
}

/** A host under test: lines in, the names of containers out. */
export class Host {
  readonly attributor: Attributor;
  readonly #parser: AuditParser;
  readonly #seen: string[] = [];

  constructor(node?: string) {
    this.attributor = new Attributor(undefined, node);
    this.#parser = new AuditParser((event) => {
      const { container, by } = this.attributor.attribute(event);
      this.#seen.push(`${container?.name ?? "host"} by ${by satisfies AttributedBy}`);
    });
  }

  register(name: string, contid: bigint, pid: number, parent?: bigint): Container {
    const nested = parent === undefined ? {} : { parent };
    return this.attributor.register({ name, contid, pid, ...nested });
  }

  /** Whose the events of these lines are: `web by task`, one for each event. */
  attribute(...lines: readonly string[]): string[] {
    this.#seen.length = 0;
    this.#parser.push(Buffer.from(`${lines.join("\n")}\n`, "latin1"));
    this.#parser.settle();
    return [...this.#seen];
  }

  /** Whose the one event of a task is. */
  whose(event: TaskEvent): string {
    const seen = this.attribute(...taskEvent(event));
    return seen.length === 1 ? (seen[0] as string) : `${seen.length} events`;
  }
}

/** What one scope got of an event. */
export interface Delivered {
  /** The container's name, or `host`. */
  readonly scope: string;
  readonly lines: readonly string[];
  readonly chain: string;
}

/** Attributes and routes the events of lines; what each scope got, in order. */
export function route(attributor: Attributor, lines: readonly string[]): Delivered[] {
  const router = new Router(attributor.registry);
  const got: Delivered[] = [];
  eachEvent(lines, (event) => {
    router.route(event, attributor.attribute(event), (scope, seen, chain) => {
      const texts = Array.from({ length: seen.count }, (_, i) => seen.line(i).toString("latin1"));
      got.push({ scope: scope?.name ?? "host", lines: texts, chain });
    });
  });
  return got;
}
