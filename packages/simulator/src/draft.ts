/** One event while its records are made. */

/** The event under construction; step() hands it to the sink when complete. */
export class Draft {
  /** The container in which the event happened; undefined = the host. */
  readonly contid: bigint | undefined;
  /** The acting task as the records name it; undefined for an event without a task. */
  readonly pid: number | undefined;
  /** Seconds since the epoch. */
  readonly sec: number;
  /** Milliseconds, 0 to 999. */
  readonly milli: number;
  /** Event serial, 32 bits. */
  readonly serial: number;
  /** Lines without line feed, in the order in which the kernel queued them. */
  readonly records: string[] = [];
  readonly #stamp: string;

  constructor(contid: bigint | undefined, pid: number | undefined, timeMs: number, serial: number) {
    this.contid = contid;
    this.pid = pid;
    this.sec = Math.floor(timeMs / 1000);
    this.milli = timeMs % 1000;
    this.serial = serial;
    const milli =
      this.milli < 10 ? `00${this.milli}` : this.milli < 100 ? `0${this.milli}` : this.milli;
    this.#stamp = ` msg=audit(${this.sec}.${milli}:${serial}): `;
  }

  /** Adds a record: the type's name and the body as the kernel writes it (AUD 4.1). */
  add(type: string, body: string): void {
    this.records.push(`type=${type}${this.#stamp}${body}`);
  }
}
