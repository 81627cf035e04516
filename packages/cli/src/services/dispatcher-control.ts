// The control of a dispatcher's process: containers here, instances in the workers.
import { dirname } from "node:path";
import { machineDisk } from "@cauditd/auditd";
import type { InstanceRequests } from "@cauditd/bus";
import { ControlledService, type DispatcherService } from "@cauditd/dispatcher";
import type { ControlStats } from "@cauditd/operations";
import type { Config } from "../config/config.ts";
import { usableSocket } from "../config/control-schema.ts";
import { statOf } from "../node/machine.ts";
import { NodeControl } from "../node/node-control.ts";
import type { Io } from "../terminal/io.ts";
import type { ServiceServer } from "./service-connections.ts";

/** The control of a dispatcher, and the node that it is over. */
export interface DispatcherControl {
  readonly node: ControlledService;
  readonly stats: ControlStats | undefined;
  close(): Promise<void>;
}

/** What is controlled: containers here, and instances by requests to the workers. */
export interface Controlled {
  readonly service: DispatcherService;
  readonly requests: InstanceRequests;
}

/** Answers control requests until it is closed. Errors as NodeControl.start. */
export async function openDispatcherControl(
  { service, requests }: Controlled,
  config: Config,
  server: ServiceServer,
  { log }: Pick<Io, "log">,
): Promise<DispatcherControl> {
  const controlled = new ControlledService({
    service,
    requests,
    told: log,
    now: Date.now,
    stat: statOf,
  });
  const socket = usableSocket(config, log);
  // The workers make it too, but may be elsewhere, or later.
  if (socket !== undefined) await machineDisk.makeFolder(dirname(socket), 0o750);
  const control = await NodeControl.over(controlled, {
    config: { ...config.control, host: server.host },
    socket,
    nats: server.url,
    creds: server.creds,
    ca: server.ca,
    log,
    owners: service.owners,
    now: Date.now,
  });
  return {
    node: controlled,
    get stats() {
      return control.stats;
    },
    close: () => control.close(),
  };
}
