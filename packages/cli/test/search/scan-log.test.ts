import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { EventScan, newQuery, RawPrinter } from "@cauditd/auparse/search";
import t from "tap";
import { scanLog } from "../../src/search/scan-log.ts";
import { OutputBatch } from "../../src/terminal/output-batch.ts";

function call(serial: number): string {
  const head = `type=SYSCALL msg=audit(${1000 + Math.floor(serial / 1300)}.000:${serial})`;
  return `${head}: arch=c000003e syscall=2 a0=1 a1=2 pid=${serial} ${"x".repeat(serial % 700)}\n`;
}

/** Events in order, and each seventh far behind the others. */
function longLog(): { text: string; sorted: string } {
  const serials = Array.from({ length: 12_000 }, (_, serial) => serial);
  const place = (serial: number): number => (serial % 7 === 0 ? serial + 90 : serial);
  const text = [...serials].sort((a, b) => place(a) - place(b)).map(call);
  return { text: text.join(""), sorted: serials.map(call).join("") };
}

async function scanned(path: string, most = Number.POSITIVE_INFINITY): Promise<string> {
  const written: string[] = [];
  const output = new OutputBatch((bytes) => {
    written.push(Buffer.from(bytes).toString("latin1"));
  });
  const raw = new RawPrinter((buf, start, end) => output.range(buf, start, end));
  const scan = new EventScan(newQuery(), (event) => {
    raw.print(event);
    return true;
  });
  let pieces = 0;
  await scanLog(path, scan, () => {
    output.flush();
    return ++pieces < most;
  });
  scan.end();
  output.flush();
  return written.join("");
}

t.test("buffers that are used again leave events whole, plain and compressed", async (t) => {
  const dir = t.testdir({});
  const { text, sorted } = longLog();
  t.ok(text.length > 8 * 512 * 1024, "more than the buffers that are in use");
  writeFileSync(join(dir, "log"), text);
  writeFileSync(join(dir, "log.gz"), gzipSync(text));
  t.ok((await scanned(join(dir, "log"))) === sorted);
  t.ok((await scanned(join(dir, "log.gz"))) === sorted);
  const some = await scanned(join(dir, "log"), 2);
  t.ok(some.length < text.length / 2, "it stops when it is told to");
});
