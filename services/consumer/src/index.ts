export { Consumer, type ConsumerCounts, type ConsumerOptions } from "./consumer.ts";
export { type Format, gapText, type Output, textOf } from "./output.ts";
export { OutputFile, type OutputFiles, type OutputHandle } from "./output-file.ts";
