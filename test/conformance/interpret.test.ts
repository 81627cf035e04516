// What ausearch 3.0.9 printed of the corpora and of one record of every kind and every value,
// recorded with TZ=UTC and LC_ALL=C under the accounts of test/golden/interpret.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type AuditEvent, type EscapeMode, EventWriter, type NameSource } from "@cauditd/auparse";
import t from "tap";
import { ausearchEvents } from "../support/ausearch-events.ts";
import { UTC } from "../support/ausearch-times.ts";

const GOLDEN = new URL("../golden/interpret/", import.meta.url);
const CORPUS = new URL("../corpus/", import.meta.url);
const AUDITD = new URL("../golden/auditd/", import.meta.url);
const SEPARATOR = "----\n";

interface Recorded {
  /** SHA-256 of the sorted events, as each format and escape mode prints the synthetic log. */
  readonly default: string;
  readonly escape: Readonly<Record<EscapeMode, string>>;
  /** Events of a corpus and the SHA-256 of them, sorted. */
  readonly corpora: Readonly<Record<string, { readonly events: number; readonly sha256: string }>>;
}

const recorded: Recorded = JSON.parse(readFileSync(new URL("recorded.json", GOLDEN), "utf8"));

function accounts(file: string): Map<number, string> {
  const lines = readFileSync(new URL(file, GOLDEN), "utf8").trimEnd().split("\n");
  return new Map(lines.map((line) => [Number(line.split(":")[2]), line.split(":")[0] ?? ""]));
}

const users = accounts("passwd");
const groups = accounts("group");
const names: NameSource = { user: (uid) => users.get(uid), group: (gid) => groups.get(gid) };

type Format = "interpreted" | "plain";

function printed(
  events: readonly AuditEvent[],
  format: Format = "interpreted",
  mode: EscapeMode = "tty",
): string[] {
  const writer = new EventWriter({ names, times: UTC, escape: mode });
  return events.map((event) => {
    writer.out.clear();
    writer[format](event);
    return writer.out.bytes().toString("latin1").slice(SEPARATOR.length);
  });
}

/** The hash of events, in an order that does not depend on when ausearch took them as complete. */
function hashOf(events: readonly string[]): string {
  const sorted = events.map((event) => Buffer.from(event, "latin1")).sort(Buffer.compare);
  const hash = createHash("sha256");
  sorted.forEach((event, index) => {
    hash.update(index === 0 ? event : Buffer.concat([Buffer.from(SEPARATOR), event]));
  });
  return hash.digest("hex");
}

function gunzipped(file: string, folder = GOLDEN): Buffer {
  return gunzipSync(readFileSync(new URL(file, folder)));
}

t.test("issue 5: -i prints every kind of record and value as ausearch does", async (t) => {
  const events = ausearchEvents(gunzipped("synthetic.log.gz"));
  const expected = gunzipped("synthetic.i.gz").toString("latin1").split(SEPARATOR).slice(1);
  t.equal(events.length, expected.length);
  const found = printed(events);
  const wrong = found.flatMap((text, i) => (text === expected[i] ? [] : [[text, expected[i]]]));
  t.same(wrong.slice(0, 10), []);
});

t.test("issue 5: the default format and each way of escaping are ausearch's", async (t) => {
  const events = ausearchEvents(gunzipped("synthetic.log.gz"));
  t.equal(hashOf(printed(events, "plain")), recorded.default);
  for (const mode of ["raw", "shell", "shell_quote"] as const) {
    t.equal(hashOf(printed(events, "interpreted", mode)), recorded.escape[mode], mode);
  }
});

t.test("issue 5: -i prints every event of the corpora as ausearch does", async (t) => {
  for (const [name, { events, sha256 }] of Object.entries(recorded.corpora)) {
    const found = printed(ausearchEvents(gunzipped(`${name}.gz`, CORPUS)));
    t.equal(found.length, events, name);
    t.equal(hashOf(found), sha256, name);
  }
});

/** An AVC record without tclass and a SYSCALL record without a1: ausearch passes them over. */
const MALFORMED = /^(node=\S+ )?type=(AVC|SYSCALL) msg=audit\(\S+ \S+:(104|202)\) /;

t.test("issue 5: -i prints auditd's own logs, RAW and ENRICHED, as ausearch does", async (t) => {
  const files = readdirSync(GOLDEN).filter((file) => file.startsWith("auditd_"));
  t.ok(files.length > 15);
  for (const file of files) {
    const [, folder = "", log = ""] = /^auditd_(.*)_(audit\.log.*)\.i$/.exec(file) ?? [];
    const events = ausearchEvents(readFileSync(new URL(`${folder}/${log}`, AUDITD)));
    const found = printed(events).filter((event) => !MALFORMED.test(event));
    const text = found.map((event) => SEPARATOR + event).join("");
    t.equal(text, readFileSync(new URL(file, GOLDEN), "latin1"), `${folder}/${log}`);
  }
});
