// An emulated host as a node's source.
import { setTimeout as pause } from "node:timers/promises";
import type { ContainerMaker, WantedContainer } from "@cauditd/dispatcher";
import { type ContainerSpec, EmulatedHost } from "@cauditd/simulator";
import type { PendingRegistration } from "../config/container-schema.ts";
import type { SourceConfig } from "../config/source-schema.ts";
import type { LiveSource, Push } from "./live-source.ts";

/** Milliseconds between two portions of simulated records. */
const TICK_MS = 10;
/** The longest stretch that the simulator catches up with after a stall. */
const CATCH_UP_MS = 250;
/** Bytes of about one simulated event: how finely a portion is cut. */
const EVENT_BYTES = 400;
/** Users of containers are of their own, from this one on. */
const FIRST_UID = 1000;

/** Runs an emulated host with these containers, which may come and go while it runs. */
export function simulatorSource(
  config: Extract<SourceConfig, { type: "simulator" }>,
  containers: readonly PendingRegistration[],
): LiveSource {
  let uid = FIRST_UID;
  const specOf = ({ name, contid, parent }: WantedContainer): ContainerSpec => {
    return { name, contid, uid: uid++, ...(parent === undefined ? {} : { parent }) };
  };
  const host = new EmulatedHost({
    seed: config.seed,
    startTimeMs: Date.now(),
    interleave: 0.2,
    containers: containers.map(specOf),
  });
  let write: Push = () => undefined;
  const maker: ContainerMaker = {
    begin: (container) => host.startContainer(specOf(container)),
    end: (name) => {
      host.stopContainer(name, Date.now(), ({ records }) => {
        void write(Buffer.from(`${records.join("\n")}\n`));
      });
    },
  };
  const run = async (push: Push, stop: AbortSignal): Promise<void> => {
    write = push;
    let last = performance.now();
    let due = 0;
    while (!stop.aborted) {
      const now = performance.now();
      due += (Math.min(now - last, CATCH_UP_MS) * config.rate) / 1000;
      last = now;
      while (due >= 1) {
        const chunk = host.fill(Math.floor(due) * EVENT_BYTES, Date.now());
        await push(chunk.bytes);
        due -= chunk.events;
      }
      await pause(TICK_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  };
  return { registrations: host.registrations(), maker, run };
}
