// The NATS client is loaded only when it is asked for: a node on the embedded bus never needs it.
import type { ControlTransport } from "../control/client.ts";
import type { ControlDesk } from "../control/desk.ts";
import type {
  NatsControl,
  NatsControlOptions,
  NatsTransportOptions,
} from "../control/nats-control.ts";
import type {
  InstanceAnswers,
  InstanceRequests,
  NatsInstancesOptions,
} from "../control/nats-instances.ts";
import type { KeyStore } from "../key-store.ts";
import type {
  NatsStats,
  NatsStatsAsker,
  NatsStatsOptions,
  NatsStatsQuery,
} from "../stats/nats-stats.ts";
import type { NatsTenantReaderOptions } from "../stream/nats-tenant-reader.ts";
import type { NatsTenantStreamsOptions } from "../stream/nats-tenant-streams.ts";
import type { TenantReader, TenantStreams } from "../stream/tenant-stream.ts";
import type { NatsBus } from "./nats-bus.ts";
import type { NatsKeyStoreOptions } from "./nats-key-store.ts";
import type { NatsBusOptions } from "./nats-options.ts";

/** Connects to a NATS server; see nats-bus.ts. */
export async function connectNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const { connectNatsBus: connect } = await import("./nats-bus.ts");
  return await connect(options);
}

/** Answers control requests over NATS; see control/nats-control.ts. */
export async function serveNatsControl(
  options: NatsControlOptions,
  desk: ControlDesk,
): Promise<NatsControl> {
  const { serveNatsControl: serve } = await import("../control/nats-control.ts");
  return await serve(options, desk);
}

/** Asks over NATS; see control/nats-control.ts. */
export async function natsTransport(options: NatsTransportOptions): Promise<ControlTransport> {
  const { natsTransport: open } = await import("../control/nats-control.ts");
  return await open(options);
}

/** Opens the way to instances in other processes; see control/nats-instances.ts. */
export async function openInstanceRequests(
  options: NatsInstancesOptions,
): Promise<InstanceRequests> {
  const { openInstanceRequests: open } = await import("../control/nats-instances.ts");
  return await open(options);
}

/** Answers for instances of this process; see control/nats-instances.ts. */
export async function openInstanceAnswers(options: NatsInstancesOptions): Promise<InstanceAnswers> {
  const { openInstanceAnswers: open } = await import("../control/nats-instances.ts");
  return await open(options);
}

/** Opens a bucket of keys on a NATS server; see nats-key-store.ts. */
export async function openNatsKeyStore(options: NatsKeyStoreOptions): Promise<KeyStore> {
  const { openNatsKeyStore: open } = await import("./nats-key-store.ts");
  return await open(options);
}

/** Opens tenants' streams on a NATS server for writing; see stream/nats-tenant-streams.ts. */
export async function openNatsTenantStreams(
  options: NatsTenantStreamsOptions,
): Promise<TenantStreams> {
  const { openNatsTenantStreams: open } = await import("../stream/nats-tenant-streams.ts");
  return await open(options);
}

/** Opens a tenant's stream on a NATS server for reading; see stream/nats-tenant-reader.ts. */
export async function openNatsTenantReader(
  options: NatsTenantReaderOptions,
): Promise<TenantReader> {
  const { openNatsTenantReader: open } = await import("../stream/nats-tenant-reader.ts");
  return await open(options);
}

/** Tells of this process over NATS; see stats/nats-stats.ts. */
export async function serveNatsStats(
  options: NatsStatsOptions,
  stats: () => object,
): Promise<NatsStats> {
  const { serveNatsStats: serve } = await import("../stats/nats-stats.ts");
  return await serve(options, stats);
}

/** Asks all processes of a host over NATS; see stats/nats-stats.ts. */
export async function natsStatsAsker(query: NatsStatsQuery): Promise<NatsStatsAsker> {
  const { natsStatsAsker: open } = await import("../stats/nats-stats.ts");
  return await open(query);
}
