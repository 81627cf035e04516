// A tenant's consumer as a process of the simulation: the real one over a modelled server.
import { PatientReader } from "@cauditd/client";
import { Consumer, OutputFile } from "@cauditd/consumer";
import { NatsTenantReader } from "../../packages/bus/src/stream/nats-tenant-reader.ts";
import { pauseFor } from "../../packages/client/src/patient-reader.ts";
import { streamsOf, TIMEOUT_MS } from "./connection.ts";
import { filesOf } from "./files.ts";
import { HOST, SCOPES } from "./input.ts";
import { SimProcess, URL } from "./process.ts";

/** Virtual ms between two attempts of a reader. */
const RETRY_MS = 100;
/** The tenant that it is of. */
export const READ = "web";
export const OUTPUT = "/out/web.log";

/** One life of a consumer. */
export class ConsumerProcess extends SimProcess {
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  protected async begin(): Promise<void> {
    const { world, who } = this;
    if (world.mutant === "a consumer's state is lost") world.files.delete(`${OUTPUT}.state`);
    const { signal } = this.#stop;
    const open = async (): Promise<NatsTenantReader> => {
      const connection = this.connect();
      const options = { url: URL, host: HOST, scope: SCOPES.get(READ) ?? "", timeout: TIMEOUT_MS };
      return new NatsTenantReader(connection, await streamsOf(connection), URL, options);
    };
    const pause = (_ms: number, until: AbortSignal | undefined) => pauseFor(RETRY_MS, until);
    const reader = new PatientReader(open, { signal, pause });
    const output = await OutputFile.open(OUTPUT, "raw", filesOf(world.scheduler, world.files, who));
    const consumer = new Consumer({ reader, output, format: "raw", signal });
    this.#running = consumer.run();
    await this.#running;
  }

  protected async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** It runs to its end in `begin`. */
  override async stop(): Promise<void> {
    await this.world.scheduler.run(this.who, "ends", () => this.end());
  }
}
