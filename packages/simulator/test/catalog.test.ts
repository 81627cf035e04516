import t from "tap";
import { containerPrograms, files, hostPrograms, threadNames } from "../src/catalog.ts";
import { untrusted } from "../src/untrusted.ts";

const printed = /^(?:"[\x21\x23-\x7e]*"|(?:[0-9A-F]{2})+)$/;

t.test("AUD 4.2: every name of the catalogue is printed quoted or as hex", async (t) => {
  const texts = [...containerPrograms, ...hostPrograms].flatMap((program) => [
    program.exe,
    program.file,
    program.proctitle,
    untrusted(program.comm),
  ]);
  const names = files.flatMap((file) => [file.name, file.parent ?? '"/"']);
  const threads = threadNames.map(untrusted);
  const all = [...texts, ...names, ...threads];
  for (const text of all) t.match(text, printed);
  t.ok(all.some((text) => text.startsWith('"')));
  t.ok(all.some((text) => !text.startsWith('"')));
});

t.test("a comm is at most 15 bytes", async (t) => {
  const comms = [...containerPrograms, ...hostPrograms].map((program) => program.comm);
  for (const comm of [...comms, ...threadNames]) t.ok(comm.length <= 15, comm);
});

t.test("some command lines need several EXECVE records", async (t) => {
  t.ok(containerPrograms.some((program) => program.execve.length > 1));
});
