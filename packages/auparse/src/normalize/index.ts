export {
  type ExtraColumns,
  type NormalLine,
  type NormalTimes,
  NormalWriter,
  type NormalWriterOptions,
} from "./normal-writer.ts";
