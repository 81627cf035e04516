import { readdirSync, readFileSync } from "node:fs";
import {
  Arch,
  Capability,
  capabilityNumber,
  errnoNumber,
  MAINLINE,
  syscallName,
  syscallNumber,
} from "@cauditd/libaudit";
import t from "tap";

interface Generator {
  /** Every generated file: its name below src/tables/ and its text. */
  generate(): Map<string, string>;
}

const SOURCES = new URL("../tables/sources/", import.meta.url);
const TABLES = new URL("../src/tables/", import.meta.url);
const GENERATOR = new URL("../tables/generate.mjs", import.meta.url);

function rows(file: string): string[][] {
  const lines = readFileSync(new URL(file, SOURCES), "utf8").trimEnd().split("\n");
  return lines.map((line) => line.split("\t"));
}

t.test("the committed tables are what the generator writes from the sources", async (t) => {
  const generator = (await import(GENERATOR.href)) as Generator;
  const files = generator.generate();
  t.same([...files.keys()].sort(), readdirSync(TABLES).sort());
  for (const [file, text] of files) {
    t.ok(text === readFileSync(new URL(file, TABLES), "utf8"), `${file}: run npm run tables`);
    t.same(
      text.split("\n").filter((line) => line.length > 100),
      [],
      `${file} has no line over 100 columns`,
    );
  }
});

t.test("every recorded record type, capability and errno is in its table", async (t) => {
  for (const [number, name = ""] of [...rows("msgtypes.tsv"), ...rows("contid-types.tsv")]) {
    t.equal(MAINLINE.number(name), Number(number), name);
  }
  for (const [number, name = ""] of rows("capabilities.tsv")) {
    t.equal(capabilityNumber(name), Number(number), name);
  }
  t.equal(Object.keys(Capability).length, rows("capabilities.tsv").length);
  for (const [number, name = ""] of rows("errno.tsv")) {
    t.equal(errnoNumber(name), Number(number), name);
  }
});

t.test("every recorded syscall is in the table of its architecture, and no other", async (t) => {
  const archOf: Record<string, number> = {
    aarch64: Arch.AARCH64,
    arm: Arch.ARM,
    i386: Arch.I386,
    ppc: Arch.PPC,
    s390: Arch.S390,
    s390x: Arch.S390X,
    x86_64: Arch.X86_64,
  };
  for (const [name, arch] of Object.entries(archOf)) {
    const recorded = new Map<number, string>();
    for (const [number, call = ""] of rows(`ausyscall-${name}.txt`).slice(1)) {
      recorded.set(Number(number), call);
    }
    t.ok(recorded.size > 300, name);
    const wrong: string[] = [];
    for (let number = 0; number < 10_000; number++) {
      const call = recorded.get(number);
      if (syscallName(arch, number) !== call) wrong.push(`${number} is not ${call}`);
      if (call !== undefined && syscallNumber(arch, call) !== number) wrong.push(call);
    }
    t.same(wrong, [], name);
  }
});
