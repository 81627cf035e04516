export { Assembler, type AssemblerOptions, type EventSink, NodeState } from "./assembler.ts";
export { ByteWriter } from "./byte-writer.ts";
export { AuditEvent, EventEnd } from "./event.ts";
export { type Picked, pickEvents, type Wanted } from "./event-pick.ts";
export {
  EventScan,
  firstEvents,
  firstSerial,
  isBefore,
  type Lines,
  lastSerial,
} from "./event-scan.ts";
export {
  decodeValue,
  ENRICHMENT_SEPARATOR,
  encodeValue,
  type Field,
  FieldScanner,
  type FieldSpan,
  fieldsOf,
} from "./fields.ts";
export { Header, HeaderState, scanHeader } from "./header.ts";
export type { EscapeMode } from "./interpret/escape.ts";
export { EventWriter, type EventWriterOptions, type TimeTexts } from "./interpret/event-writer.ts";
export { FieldWriter, type InterpretOptions } from "./interpret/field-writer.ts";
export { type NameSource, NO_NAMES } from "./interpret/names.ts";
export { fieldKind } from "./interpret/record-fields.ts";
export { type InterfaceName, sockaddrText } from "./interpret/sockaddr.ts";
export * from "./limits.ts";
export { LineEnricher, type LineEnricherOptions } from "./line-enricher.ts";
export { LineFramer, type LineSink } from "./line-framer.ts";
export { type LogName, type LogWork, logNames, type SeenFile, whileUnmoved } from "./log-files.ts";
export {
  excerpt,
  MALFORMED_KINDS,
  type MalformedKind,
  MalformedLog,
  type MalformedSample,
} from "./malformed.ts";
export { AuditParser, type ParserCounts, type ParserOptions, type RecordSink } from "./parser.ts";
export { type AddedRecord, type RenderOptions, renderEvent } from "./render.ts";
export { contidText, PID_MAX, scanTask, TaskFields } from "./task.ts";
