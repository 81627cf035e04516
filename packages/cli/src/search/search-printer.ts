// How a search prints events. What one format needs is not loaded for another.
import type { AuditEvent, EventWriter } from "@cauditd/auparse";
import type { NormalLine, NormalWriter } from "@cauditd/auparse/normalize";
import { type PasswordLookup, RawPrinter, type SearchRequest } from "@cauditd/auparse/search";
import type { OutputBatch } from "../terminal/output-batch.ts";
import { localTimes, normalTimes } from "./local-clock.ts";
import { userNames } from "./search-machine.ts";

/** Prints one event. */
export type EventPrinter = (event: AuditEvent) => void;

/** Where events are printed. */
export interface PrinterOptions {
  readonly request: SearchRequest;
  readonly output: OutputBatch;
  readonly err: (text: string) => void;
  readonly users: PasswordLookup;
}

/** What prints events as a request asks. */
export async function printerOf(options: PrinterOptions): Promise<EventPrinter> {
  const { request, output } = options;
  switch (request.format) {
    case "raw": {
      const raw = new RawPrinter((buf, start, end) => output.range(buf, start, end));
      return (event) => raw.print(event);
    }
    case "csv":
    case "text":
      return linePrinter(await normalWriter(options), options);
    default: {
      const writer = await eventWriter(options);
      const isPlain = request.format === "default";
      return (event) => {
        if (isPlain) writer.plain(event);
        else writer.interpreted(event);
        output.add(writer.out.bytes());
        writer.out.clear();
      };
    }
  }
}

async function eventWriter({ request, users }: PrinterOptions): Promise<EventWriter> {
  const { EventWriter } = await import("@cauditd/auparse");
  const names = { user: users, group: userNames("/etc/group") };
  return new EventWriter({ names, escape: request.escape, times: localTimes });
}

async function normalWriter({ request, users }: PrinterOptions): Promise<NormalWriter> {
  const { NormalWriter } = await import("@cauditd/auparse/normalize");
  const { machineNames } = await import("../node/machine.ts");
  const { extra } = request;
  const names = { user: users, group: userNames("/etc/group") };
  const { uid: uidOf } = machineNames();
  return new NormalWriter({ names, escape: request.escape, times: normalTimes, extra, uidOf });
}

function linePrinter(writer: NormalWriter, { request, output, err }: PrinterOptions): EventPrinter {
  const isCsv = request.format === "csv";
  let begun = false;
  return (event) => {
    if (isCsv && !begun) output.text(writer.head);
    begun = true;
    const line: NormalLine = isCsv ? writer.csv(event) : writer.text(event);
    if (line.complaint !== undefined) err(line.complaint);
    output.text(line.text);
  };
}
