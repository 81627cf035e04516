// The dispatcher as a process of the simulation: the real service over a modelled server.
import { DispatcherService, HostBook, type RecordSource } from "@cauditd/dispatcher";
import { Told } from "../../services/auditd/test/hand-bus.ts";
import { CHUNKS, CONTAINERS } from "./input.ts";
import { SimProcess } from "./process.ts";

/** Most virtual ms between two pieces of the source. */
const READ_MS = 200;

/** One life of the dispatcher. */
export class DispatcherProcess extends SimProcess {
  /** The source is over, and all of it on the bus. */
  done = false;
  readonly #stop = new AbortController();

  protected async begin(): Promise<void> {
    const { world } = this;
    const store = await this.bucket("cauditd_h1_host");
    const book = await HostBook.open(store, () => world.today());
    const bus = await this.bus(book.epoch);
    const forgets = world.mutant === "the source is read from its start";
    const service = await DispatcherService.start({
      bus,
      book,
      source: this.#source(forgets ? String(this.who) : "log", () => service.dispatcher.flush()),
      containers: CONTAINERS,
      told: new Told(),
    });
    await service.run(this.#stop.signal);
    await bus.close();
    this.done = true;
  }

  protected async end(): Promise<void> {
    this.#stop.abort();
  }

  #source(id: string, flush: () => void): RecordSource {
    const { scheduler } = this.world;
    return {
      id,
      run: async (push, stop) => {
        for (const chunk of CHUNKS) {
          await scheduler.sleep(this.who, scheduler.draw(READ_MS));
          if (stop.aborted) return;
          await push(chunk);
          // So few events fill no frame; where one ends is drawn, also when they are read again.
          if (scheduler.draw(3) > 0) flush();
        }
      },
    };
  }
}
