import { RecordType, recordTypeEntries } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { readerOf } from "../../src/search/extract.ts";
import { ALL, factsOf } from "./search-events.ts";

t.test("types that say nothing are not read", async (t) => {
  t.equal(readerOf(RecordType.PROCTITLE), undefined);
  t.equal(readerOf(RecordType.EXECVE), undefined);
  t.equal(readerOf(0), undefined);
  for (const type of [RecordType.SYSCALL, RecordType.USER, 1100, 2500, 1410, 1801]) {
    t.not(readerOf(type), undefined, String(type));
  }
});

t.test("no text of any record type makes it throw", async () => {
  const types = [...recordTypeEntries()].map(([, number]) => number);
  const piece = fc.oneof(
    fc.constantFrom("pid=", " pid=", "uid=", "auid=", 'comm="', "exe=", " path=", "saddr=", "res="),
    fc.constantFrom(
      "avc: ",
      "{",
      "}",
      "'",
      '"',
      "hostname=",
      "addr=",
      "key=",
      "syscall=",
      " ",
      ",",
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.constantFrom(...types), text, (type, body) => {
      factsOf(ALL, [type, body]);
    }),
    { numRuns: 1000 },
  );
});
