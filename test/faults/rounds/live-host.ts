// A host of its own in a round, whose source waits for nobody: what a full store refuses is lost.
// It has to be counted by its reason, on both sides of the bus, and told of in the log.
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { scopeProblem } from "@cauditd/kernel";
import type { Test } from "tap";
import { feed, type Running, start } from "../../support/cauditd.ts";
import { servicesHost, until } from "../../support/services.ts";
import { checkpointOf } from "./checkpoints.ts";

/** The one container of the host, and the task that no container has. */
const TENANT = { name: "live", contid: "30001", pid: 4001 };
const HOST_PID = 1;
/** Events of a quiet source, and of one that is more than the queues have room for. */
const QUIET = 300;
const FLOOD = 60_000;
/** Of so many events, one is of no container. */
const HOST_EVENT = 3;
/** Scopes by the names of their instances. */
const SCOPES: ReadonlyMap<string, string> = new Map([
  ["host", "host"],
  [TENANT.name, TENANT.contid],
]);

/** A dispatcher that reads its standard input, and a worker. */
export class LiveHost {
  readonly #dispatcher: Running;
  readonly #worker: Running;
  readonly #logs: string;
  readonly #port: number;
  /** Events fed so far. */
  #fed = 0;
  #refusing = false;

  private constructor(dispatcher: Running, worker: Running, logs: string, port: number) {
    this.#dispatcher = dispatcher;
    this.#worker = worker;
    this.#logs = logs;
    this.#port = port;
  }

  /** Starts one; resolves when both processes have begun. */
  static async start(t: Test, folder: string, nats: string, ttl: number): Promise<LiveHost> {
    const logs = join(folder, "logs");
    const port = await freePort();
    const all = { logs, host: "live", source: { type: "stdin" }, containers: [TENANT] };
    const config = (name: string, more: object): string => {
      mkdirSync(join(folder, name), { recursive: true });
      return servicesHost(t, join(folder, name), nats, ttl, { ...all, ...more }).config;
    };
    const metrics = { listen: `127.0.0.1:${port}` };
    const dispatcher = start(t, ["dispatcher", "--config", config("dispatcher", { metrics })]);
    const worker = start(t, ["auditd", "--name", "live", "--config", config("worker", {})]);
    await Promise.all([dispatcher.line(/epoch/), worker.line(/auditd/)]);
    const live = new LiveHost(dispatcher, worker, logs, port);
    await live.#feed(QUIET);
    return live;
  }

  /**
   * Feeds it more than can wait.
   * @param full the store takes nothing: some of the events will be refused
   */
  async flood(full: boolean): Promise<void> {
    this.#refusing ||= full;
    await this.#feed(FLOOD);
  }

  /** Ends it. @returns what is wrong; undefined when nothing is */
  async end(): Promise<string | undefined> {
    const names = [...SCOPES.keys()];
    // The last frame tells what was lost in front of it.
    await until(() => names.every((name) => this.#accountOf(name)?.routed === this.#fedTo(name)));
    for (const name of names) {
      const counted = await this.#counted(name);
      const lost = this.#accountOf(name)?.lost.bus;
      if (counted !== lost) return `live: metrics of ${name} say ${counted} lost, its log ${lost}`;
    }
    await this.#feed(QUIET);
    this.#dispatcher.child.stdin.end();
    const { code, stdout, stderr } = await this.#dispatcher.ended;
    if (code !== 0) return `the live dispatcher ended with ${code}: ${stderr}`;
    await until(() => names.every((name) => this.#accountOf(name)?.routed === this.#fedTo(name)));
    this.#worker.child.kill("SIGTERM");
    const ended = await this.#worker.ended;
    if (ended.code !== 0) return `the live worker ended with ${ended.code}: ${ended.stderr}`;
    const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Report;
    for (const name of names) {
      const problem = this.#problemOf(name, report);
      if (problem !== undefined) return `live: ${problem}`;
    }
    return undefined;
  }

  #feed(count: number): Promise<void> {
    let text = "";
    for (const end = this.#fed + count; this.#fed < end; ) {
      const n = ++this.#fed;
      const pid = n % HOST_EVENT === 0 ? HOST_PID : TENANT.pid;
      text += `type=USER_CMD msg=audit(1700000000.123:${n}): pid=${pid} msg='n=${n}'\n`;
    }
    return feed(this.#dispatcher, Buffer.from(text));
  }

  /** Events that were routed to an instance. */
  #fedTo(name: string): number {
    return name === "host" ? this.#fed : this.#fed - Math.floor(this.#fed / HOST_EVENT);
  }

  #accountOf(name: string) {
    return checkpointOf(this.#logs, name)?.account;
  }

  /** Events of a scope that the dispatcher's page says were lost on the bus. */
  async #counted(name: string): Promise<number> {
    const page = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
    const scope = SCOPES.get(name) ?? "";
    const line = page.split("\n").find((one) => {
      const [metric = ""] = one.split(" ");
      const wanted = ["cauditd_events_lost_total{", `scope="${scope}"`, 'reason="bus"'];
      return wanted.every((part) => metric.includes(part));
    });
    return Number(line?.split(" ").at(-1));
  }

  /** The law, both counts of what was lost, and that the log has every other event, in order. */
  #problemOf(name: string, { scopes }: Report): string | undefined {
    const account = this.#accountOf(name);
    if (account === undefined) return `${name}: no checkpoint`;
    const said = `${name}: ${JSON.stringify(account)}`;
    const { bus } = account.lost;
    const told = scopes.find(({ scope }) => scope === SCOPES.get(name));
    if (told?.lost !== bus) return `${said}: the dispatcher lost ${told?.lost}`;
    if (this.#refusing && bus === 0) return `${said}: nothing was refused`;
    const log = readFileSync(join(this.#logs, name, "audit.log"), "latin1");
    const events = [
      ...log.matchAll(/^type=USER_CMD msg=audit\(\S+:(\d+)\): pid=(\d+) msg='n=(\d+)'$/gm),
    ];
    if (events.length !== account.written - account.own) return `${said}: ${events.length} events`;
    if (account.routed !== events.length + bus) return `${said}: not ${events.length} and ${bus}`;
    let before = 0;
    for (const [, , pid, text] of events) {
      const n = Number(text);
      const foreign = name !== "host" && Number(pid) !== TENANT.pid;
      if (n <= before || foreign) return `${name}: event ${n} of task ${pid} behind ${before}`;
      before = n;
    }
    const markers = [...log.matchAll(/ op=lost reason=bus lost=(\d+) /g)];
    const sum = markers.reduce((all, [, lost]) => all + Number(lost), 0);
    if (sum !== bus) return `${said}: its markers tell of ${sum}`;
    return scopeProblem(name, account);
  }
}

/** What a dispatcher says at its end. */
interface Report {
  readonly scopes: readonly { readonly scope: string; readonly lost: number }[];
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      server.close(() => resolve(port));
    });
  });
}
