import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { AuditParser, renderEvent } from "@cauditd/auparse";
import { recordTypeName } from "@cauditd/libaudit";
import t from "tap";

const here = path.dirname(fileURLToPath(import.meta.url));
const CORPUS = path.resolve(here, "../../../test/corpus/containers");

interface Types {
  readonly records: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
}

const types: Types = JSON.parse(readFileSync(path.join(CORPUS, "types.json"), "utf8"));
const bytes = gunzipSync(readFileSync(path.join(CORPUS, "audit.log.gz")));

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

interface Counted extends Types {
  readonly parser: AuditParser;
  /** Bytes of the records, without newlines. */
  readonly bytes: number;
  readonly late: number;
  readonly ends: Readonly<Record<string, number>>;
}

function count(chunk: number): Counted {
  const records: Record<string, number> = {};
  const events: Record<string, number> = {};
  const ends: Record<string, number> = {};
  const add = (to: Record<string, number>, name: string): void => {
    to[name] = (to[name] ?? 0) + 1;
  };
  let size = 0;
  let late = 0;
  const parser = new AuditParser((event) => {
    add(events, recordTypeName(event.types[0] ?? 0));
    add(ends, event.end);
    for (let i = 0; i < event.count; i++) add(records, recordTypeName(event.types[i] ?? 0));
    size += event.bytes;
    if (event.late) late++;
  });
  for (let at = 0; at < bytes.length; at += chunk) parser.push(bytes.subarray(at, at + chunk));
  parser.end();
  return { parser, records, events, ends, bytes: size, late };
}

for (const chunk of [64 * 1024, 997, bytes.length]) {
  t.test(`135,999 records are 54,805 events, none malformed, in chunks of ${chunk}`, async (t) => {
    const counted = count(chunk);
    const { parser } = counted;
    t.equal(parser.counts.records, 135_999);
    t.equal(parser.counts.events, 54_805);
    t.equal(parser.malformed.total, 0);
    t.equal(parser.captured, 135_999);
    t.match(parser.counts, { eoe: 0, blank: 0, crlf: 0, unterminated: 0, recovered: 0 });
    t.equal(parser.counts.unknownType, 0);
    t.equal(counted.bytes + 135_999, bytes.length, "no byte is lost");
    t.equal(counted.late, 0);
    t.equal(counted.ends["proctitle"], types.records["PROCTITLE"]);
    t.equal(counted.ends["single"], 1, "DAEMON_START");
    t.equal(counted.ends["evicted"], undefined);
  });
}

t.test("records by type are those of ausearch, events by type those of aureport", async (t) => {
  const counted = count(64 * 1024);
  t.strictSame(counted.records, types.records);
  t.strictSame(counted.events, types.events);
  t.equal(sum(types.records), 135_999);
  t.equal(sum(types.events), 54_805);
});

t.test("all events rendered in order of completion are the input's lines", async (t) => {
  const parts: Buffer[] = [];
  const parser = new AuditParser((event) => parts.push(renderEvent(event)));
  for (let at = 0; at < bytes.length; at += 10_000) {
    parser.push(Buffer.from(bytes.subarray(at, at + 10_000)));
  }
  parser.end();
  const sorted = (text: Buffer): string => text.toString("latin1").split("\n").sort().join("\n");
  t.equal(sorted(Buffer.concat(parts)) === sorted(bytes), true);
});
