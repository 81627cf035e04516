import { encodeValue } from "@cauditd/auparse";

/** Text from outside in a record: in quotes or as hex, so that it is one value. */
export function quoted(text: string): string {
  return encodeValue(Buffer.from(text, "utf8"));
}
