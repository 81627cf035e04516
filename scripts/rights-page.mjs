// Writes docs/reference/rights.md from the table of rights.
import { writeFile } from "node:fs/promises";
import { rightsPage } from "../packages/kernel/dist/index.js";

await writeFile(new URL("../docs/reference/rights.md", import.meta.url), rightsPage());
