import { EVENT_WORDS, type Frame, RECORD_WORDS } from "@cauditd/bus";

/**
 * A frame without its first events, as a view: what an instance has already, when a source was read
 * again and its events were cut into frames differently.
 * @param events 0..events of the frame
 */
export function withoutFirst(frame: Frame, events: number): Frame {
  let records = 0;
  for (let entry = 0; entry < events * EVENT_WORDS; entry += EVENT_WORDS) {
    records += (frame.events[entry + 2] as number) >>> 16;
  }
  let bytes = 0;
  for (let at = 1; at < records * RECORD_WORDS; at += RECORD_WORDS) {
    bytes += ((frame.records[at] as number) & 0xffff) + 1;
  }
  return {
    ...frame,
    events: frame.events.subarray(events * EVENT_WORDS),
    records: frame.records.subarray(records * RECORD_WORDS),
    blob: frame.blob.subarray(bytes),
  };
}
