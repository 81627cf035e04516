// Where a load's records go.
import type { LoadTarget } from "@cauditd/loadtest";
import type { SourceConfig } from "../config/source-schema.ts";

/** A place that takes records. */
export interface LoadPlace {
  readonly target: LoadTarget;
  /** As messages name it. */
  readonly text: string;
}

const TCP = /^tcp:(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/;
const MAX_PORT = 65_535;

/** `unix:PATH`, `tcp:HOST:PORT` or `tcp:[ADDRESS]:PORT`; undefined for anything else. */
export function parsePlace(text: string): LoadPlace | undefined {
  if (text.startsWith("unix:") && text.length > "unix:".length) {
    return { target: { path: text.slice("unix:".length) }, text };
  }
  const found = TCP.exec(text);
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || port < 1 || port > MAX_PORT) return undefined;
  return { target: { host, port }, text };
}

/** Where a node of this source listens; undefined when it does not, or where is not said. */
export function placeOfSource(source: SourceConfig | undefined): LoadPlace | undefined {
  if (source?.type !== "listen") return undefined;
  const { path, port, address } = source;
  if (path !== undefined) return { target: { path }, text: `unix:${path}` };
  if (port === undefined || port === 0) return undefined;
  return { target: { host: address, port }, text: `tcp:${address}:${port}` };
}
