#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/cauditctl/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write("cauditctl: not built yet: run `npm run build` first\n");
  process.exit(1);
}
const { runCauditctl } = await import(main.href);
process.exitCode = await runCauditctl(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text, "latin1"),
  err: (text) => process.stderr.write(text, "latin1"),
});
