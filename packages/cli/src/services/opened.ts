// What a service has opened, and how it is closed: in turn, however the service ends.

/** Something that has to be closed. */
export interface Closable {
  close(): Promise<void> | void;
}

/** Waits for something to be open, and takes care that it is closed. */
export type Opener = <T extends Closable>(open: Promise<T> | T) => Promise<T>;

/**
 * Runs a service. What it opens through its argument is closed behind it, the last first, whatever
 * the service and the others end with.
 * @throws what the service says; else what the first that does not close says
 */
export async function withOpened<T>(run: (opened: Opener) => Promise<T>): Promise<T> {
  const closing: Closable[] = [];
  const opened: Opener = async (open) => {
    const one = await open;
    closing.unshift(one);
    return one;
  };
  const ended = await settled(() => run(opened));
  const closed = [];
  for (const one of closing) closed.push(await settled(async () => one.close()));
  for (const end of [ended, ...closed]) if (end.status === "rejected") throw end.reason;
  return (ended as PromiseFulfilledResult<Awaited<T>>).value;
}

async function settled<T>(work: () => Promise<T>): Promise<PromiseSettledResult<Awaited<T>>> {
  const [end] = await Promise.allSettled([work()]);
  return end;
}
