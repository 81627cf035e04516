#!/usr/bin/env node
import { existsSync } from "node:fs";

const module = new URL("../dist/start.js", import.meta.url);
if (!existsSync(module)) {
  process.stderr.write("cauditd: not built yet: run `npm run build` first\n");
  process.exit(1);
}
const { start } = await import(module.href);
process.exitCode = await start(process.argv.slice(2));
