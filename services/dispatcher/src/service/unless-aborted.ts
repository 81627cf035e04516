/**
 * Resolves when the work has ended, or the signal comes, whichever is first. Once the work has
 * ended nothing of it stays with the signal, as a race with a promise for the signal would.
 * @throws what the work does
 */
export function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve();
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    work.then(end, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
