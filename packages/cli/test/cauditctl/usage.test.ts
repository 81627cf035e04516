import t from "tap";
import { usageText, VERSION_TEXT } from "../../src/cauditctl/usage.ts";

t.test("the usage names every option, in 100 columns", async (t) => {
  const text = usageText();
  for (const letter of "aAbcCdDefFhiklmpqrRsStvwW") t.match(text, new RegExp(`-${letter}\\b`));
  for (const word of [
    "--register",
    "--capcontid",
    "--floor",
    "--url",
    "--ca",
    "NATS_CA",
    "--signal",
  ]) {
    t.ok(text.includes(word), word);
  }
  t.ok(text.split("\n").every((line) => line.length <= 100));
  t.match(VERSION_TEXT, /^cauditctl version \d+\.\d+\.\d+\n$/);
});
