import {
  isSingleRecord,
  isUserRecord,
  MAINLINE,
  RecordType,
  recordTypeEntries,
  recordTypeName,
  recordTypeNumber,
  recordTypeTable,
  V11,
} from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

t.test("a known record type is found by name and by number", async (t) => {
  t.equal(RecordType.SYSCALL, 1300);
  t.equal(RecordType.USER, 1005);
  t.equal(RecordType.VIRT_MIGRATE_OUT, 2507);
  t.equal(recordTypeName(1300), "SYSCALL");
  t.equal(recordTypeName(1336), "URINGOP");
  t.equal(recordTypeNumber("LANDLOCK_ACCESS"), 1423);
});

t.test("a number without a name is UNKNOWN[n] and is read back", async (t) => {
  t.equal(recordTypeName(1420), "UNKNOWN[1420]");
  t.equal(recordTypeName(0), "UNKNOWN[0]");
  t.equal(recordTypeName(4294967295), "UNKNOWN[4294967295]");
  t.equal(recordTypeNumber("UNKNOWN[4294967295]"), 4294967295);
  t.equal(recordTypeNumber("UNKNOWN[1300]"), 1300);
});

t.test("text that is neither a name nor UNKNOWN[n] has no number", async (t) => {
  const texts = [
    "",
    "1300",
    "syscall",
    "SYSCALL ",
    "UNKNOWN",
    "UNKNOWN[]",
    "UNKNOWN[01300]",
    "UNKNOWN[-1]",
    "UNKNOWN[4294967296]",
    "UNKNOWN[99999999999]",
    "UNKNOWN[1]\n",
    "constructor",
    "__proto__",
  ];
  for (const text of texts) t.equal(recordTypeNumber(text), undefined, JSON.stringify(text));
});

t.test("a number that is no u32 is refused with a RangeError", async (t) => {
  for (const number of [-1, 4294967296, 1.5, Number.NaN]) {
    t.throws(() => recordTypeName(number), RangeError, String(number));
  }
});

t.test("every u32 survives name and number, in both dictionaries", async (t) => {
  const property = fc.property(u32, fc.constantFrom(MAINLINE, V11), (number, table) => {
    return table.number(table.name(number)) === number;
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test("the entries are all of RecordType, by ascending number", async (t) => {
  const entries = [...recordTypeEntries()];
  t.same(Object.fromEntries(entries), RecordType);
  t.equal(entries.length, Object.keys(RecordType).length);
  const numbers = entries.map(([, number]) => number);
  t.same(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  t.same([...recordTypeEntries()], entries, "each call starts anew");
});

t.test("CID-116: no dictionary has CONTAINER_ID and URINGOP under one number", async (t) => {
  t.throws(() => recordTypeTable({ CONTAINER_ID: 1336 }), {
    name: "RangeError",
    message: /CONTAINER_ID and URINGOP both have number 1336/,
  });
  const table = recordTypeTable({ CONTAINER_ID: 1500, without: ["APPARMOR"] });
  t.equal(table.name(1500), "CONTAINER_ID");
  t.equal(table.number("APPARMOR"), undefined);
});

t.test("CID-116: a name cannot come twice either", async (t) => {
  t.throws(() => recordTypeTable({ CONTAINER_ID: 1399, add: [["CWD", 1390]] }), {
    name: "RangeError",
    message: /CWD has two numbers, 1307, 1390/,
  });
});

t.test("a dictionary takes further types, but no bad name or number", async (t) => {
  const table = recordTypeTable({ CONTAINER_ID: 1399, add: [["AUX_NEW", 1390]] });
  t.equal(table.name(1390), "AUX_NEW");
  t.same(
    [...table.entries()].filter(([, number]) => number === 1390),
    [["AUX_NEW", 1390]],
  );
  for (const name of ["", "aux_new", "A B", "1A", "UNKNOWN"]) {
    t.throws(() => recordTypeTable({ CONTAINER_ID: 1399, add: [[name, 1390]] }), RangeError, name);
  }
  for (const number of [-1, 2 ** 32, 0.5]) {
    t.throws(() => recordTypeTable({ CONTAINER_ID: number }), RangeError, String(number));
  }
});

t.test("CID-116: V11 has the numbers of the patches, MAINLINE those of today", async (t) => {
  t.equal(V11.number("CONTAINER_ID"), 1336);
  t.equal(V11.name(1336), "CONTAINER_ID");
  t.equal(V11.number("URINGOP"), undefined);
  t.equal(V11.name(1337), "OPENAT2");
  t.equal(RecordType.CONTAINER_ID, 1399);
  t.equal(MAINLINE.number("CONTAINER_ID"), RecordType.CONTAINER_ID);
  t.equal(MAINLINE.name(1336), "URINGOP");
  for (const table of [V11, MAINLINE]) {
    t.equal(table.name(1020), "CONTAINER_OP");
    t.equal(table.name(1021), "SIGNAL_INFO2");
    t.equal(table.name(1022), "SET_CAPCONTID");
  }
});

/** Numbers at which a predicate changes, below 4000. */
function edges(predicate: (number: number) => boolean): number[] {
  const found: number[] = [];
  for (let n = 1; n < 4000; n++) if (predicate(n) !== predicate(n - 1)) found.push(n);
  return found;
}

t.test("user records are 1005, 1100-1199 and 2100-2999", async (t) => {
  t.same(edges(isUserRecord), [1005, 1006, 1100, 1200, 2100, 3000]);
  t.equal(isUserRecord(1005), true);
  t.equal(isUserRecord(0xffff_ffff), false);
});

t.test("single records follow the last-record rule of audit 4.x", async (t) => {
  t.same(
    edges(isSingleRecord),
    [1005, 1006, 1007, 1020, 1021, 1022, 1023, 1300, 1406, 1420, 2000, 2001, 2100],
  );
  t.equal(isSingleRecord(RecordType.USER), true);
  t.equal(isSingleRecord(0xffff_ffff), true);
});

t.test("the records of a syscall event are not single, contid records included", async (t) => {
  const { LOGIN, CONTAINER_OP, SET_CAPCONTID, CONTAINER_ID, SYSCALL, PROCTITLE, EOE } = RecordType;
  for (const n of [LOGIN, CONTAINER_OP, SET_CAPCONTID, CONTAINER_ID, SYSCALL, PROCTITLE, EOE]) {
    t.equal(isSingleRecord(n), false, recordTypeName(n));
  }
});
