import { LOST_REASONS, lostTotal } from "@cauditd/kernel";
import Table from "cli-table3";
import type { Node, NodeReport, ScopeReport } from "../node/node.ts";
import { PLAIN_TABLE } from "../terminal/accounting-table.ts";
import type { Io } from "../terminal/io.ts";
import { Redraw } from "./redraw.ts";

/** Shows a running node: a table that is drawn again on a terminal, a line elsewhere. */
export class LiveView {
  readonly #node: Node;
  readonly #io: Io;
  readonly #logs: string;
  /** Events written per scope at the last look. */
  readonly #written: Map<string, number> = new Map();
  #last: number = performance.now();
  readonly #started: number = performance.now();
  readonly #redraw: Redraw;

  constructor(node: Node, io: Io, logs: string) {
    this.#node = node;
    this.#io = io;
    this.#logs = logs;
    this.#redraw = new Redraw(io);
  }

  /** Shows what has changed since the last look. */
  show(): void {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    const report = this.#node.report();
    const rates = report.scopes.map((scope) => this.#rate(scope, seconds));
    if (this.#io.screen) this.#draw(report, rates);
    else this.#line(report, rates);
  }

  /** Leaves what is on the terminal as it is. */
  end(): void {
    this.#redraw.end();
  }

  #rate({ name, account }: ScopeReport, seconds: number): number {
    const before = this.#written.get(name) ?? 0;
    this.#written.set(name, account.written);
    return seconds > 0 ? Math.round((account.written - before) / seconds) : 0;
  }

  #line(report: NodeReport, rates: readonly number[]): void {
    const scopes = report.scopes.map(({ name, account }, index) => {
      const lost = lostTotal(account);
      return `${name} ${rates[index]}/s ${account.written}${lost > 0 ? ` lost ${lost}` : ""}`;
    });
    const time = new Date().toISOString().slice(11, 19);
    this.#io.out(`${time} ${scopes.join(" | ")}\n`);
  }

  #draw(report: NodeReport, rates: readonly number[]): void {
    const head = ["scope", "events/s", "routed", "in flight", ...LOST_REASONS, "written", "log"];
    const table = new Table({
      head,
      chars: PLAIN_TABLE,
      style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
      colAligns: head.map((name) => (name === "scope" || name === "log" ? "left" : "right")),
    });
    report.scopes.forEach(({ name, account, path }, index) => {
      const lost = LOST_REASONS.map((reason) => account.lost[reason]);
      const { routed, inFlight, written } = account;
      table.push([name, rates[index], routed, inFlight, ...lost, written, path]);
    });
    const running = Math.round((performance.now() - this.#started) / 1000);
    const title = `cauditd: ${report.scopes.length} instances on the ${this.#node.bus} bus,`;
    this.#redraw.draw(`${title} ${running} s, logs in ${this.#logs} (Ctrl-C stops)\n\n${table}\n`);
  }
}
