import { RecordType } from "@cauditd/libaudit/vocabulary";
import { ENRICHMENT_SEPARATOR } from "../fields.ts";
import type { Header } from "../header.ts";
import { isWholeEvent } from "./assembly.ts";
import { encodeSegment } from "./segment.ts";
import { TERM_GROUPS, type TermGroup, termsOf } from "./terms.ts";

/** Bytes of a log that one segment stands for, or little more. */
export const SEGMENT_BYTES: number = 8 * 1024 * 1024;

const SEPARATOR = String.fromCharCode(ENRICHMENT_SEPARATOR);

/**
 * Builds the index of one part of a log, record by record. A run is what stands together of one
 * event; a record that is an event of its own, or ends one, is a run of its own, so that putting
 * runs together gives what putting the records together would.
 */
export class SegmentBuilder {
  readonly #from: number;
  readonly #nodes: Map<string, number> = new Map();
  readonly #columns: readonly [number[], number[], number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
    [],
    [],
  ];
  readonly #groups: Map<TermGroup, Map<string | undefined, number[]>> = new Map(
    TERM_GROUPS.map((group) => [group, new Map()]),
  );
  /** The last run may go on. */
  #open = false;
  readonly #add = (group: TermGroup, value: string | undefined): void => {
    const terms = this.#groups.get(group) as Map<string | undefined, number[]>;
    const run = this.#columns[0].length - 1;
    const runs = terms.get(value);
    if (runs === undefined) terms.set(value, [run]);
    else if (runs[runs.length - 1] !== run) runs.push(run);
  };

  /** @param from where the part begins in the log */
  constructor(from: number) {
    this.#from = from;
  }

  /** Runs so far. */
  get runs(): number {
    return this.#columns[0].length;
  }

  /** Takes the next record; `offset` is where its line begins in the log. */
  add(head: Header, buf: Buffer, start: number, end: number, offset: number): void {
    const node = buf.toString("latin1", head.nodeStart, head.nodeEnd);
    let number = this.#nodes.get(node);
    if (number === undefined) {
      number = this.#nodes.size;
      this.#nodes.set(node, number);
    }
    const milliNode = head.milli + number * 1024;
    const [secs, serials, milliNodes, types, offsets, lengths] = this.#columns;
    const last = secs.length - 1;
    const eoe = head.type === RecordType.EOE;
    const goesOn =
      this.#open &&
      !eoe &&
      serials[last] === head.serial &&
      secs[last] === head.sec &&
      milliNodes[last] === milliNode;
    if (goesOn) {
      lengths[last] = offset + (end - start) - this.#from - (offsets[last] as number);
    } else {
      secs.push(head.sec);
      serials.push(head.serial);
      milliNodes.push(milliNode);
      types.push(head.type);
      offsets.push(offset - this.#from);
      lengths.push(end - start);
      this.#open = !eoe && !isWholeEvent(head.type);
    }
    const text = buf.toString("latin1", start, end);
    const separator = text.indexOf(SEPARATOR);
    const raw = separator < 0 ? text : text.slice(0, separator);
    termsOf(head.type, raw, separator < 0 ? "" : text.slice(separator + 1), this.#add);
  }

  /** The segment's bytes; `to` is one past the part's last byte. */
  encode(to: number): Buffer {
    const nodes = [...this.#nodes.keys()];
    return encodeSegment({
      from: this.#from,
      to,
      nodes,
      columns: this.#columns,
      groups: this.#groups,
    });
  }
}
