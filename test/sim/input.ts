// What a round sends through: a log of two containers' events, and what every instance makes of it.

/** The host of the simulation. */
export const HOST = "h1";

/** A container and the events that it has. */
interface Tenant {
  readonly name: string;
  readonly contid: bigint;
  readonly pid: number;
}

const WEB: Tenant = { name: "web", contid: 4n, pid: 40 };
const DB: Tenant = { name: "db", contid: 5n, pid: 50 };
export const CONTAINERS: readonly Tenant[] = [WEB, DB];
/** Scopes by the names of their instances. */
export const SCOPES: ReadonlyMap<string, string> = new Map([
  ["host", "host"],
  ...CONTAINERS.map(({ name, contid }): [string, string] => [name, String(contid)]),
]);

/** Whose events come one after the other, and how many. */
const ORDER: readonly (readonly [Tenant, number])[] = [
  ...([
    [WEB, 3],
    [DB, 1],
    [WEB, 1],
    [WEB, 7],
    [DB, 1],
    [DB, 5],
  ] as const),
  ...([
    [WEB, 12],
    [DB, 8],
    [WEB, 2],
    [DB, 2],
    [WEB, 9],
    [WEB, 1],
  ] as const),
  ...([
    [DB, 3],
    [WEB, 4],
    [WEB, 11],
  ] as const),
];

const line = (serial: number, pid: number, n: number): string =>
  `type=USER_CMD msg=audit(1700000000.123:${serial}): pid=${pid} msg='n=${n}'\n`;

/** The source, in the pieces in which it is read. */
export const CHUNKS: readonly Uint8Array[] = chunks();

function chunks(): Uint8Array[] {
  let n = 0;
  return ORDER.map(([{ pid }, count]) => {
    const lines = Array.from({ length: count }, () => line(1000 + ++n, pid, n));
    return Buffer.from(lines.join(""));
  });
}

/** Events of an instance. */
export function eventsOf(name: string): number {
  const own = ORDER.filter(([tenant]) => name === "host" || tenant.name === name);
  return own.reduce((sum, [, count]) => sum + count, 0);
}

/** The log that an instance has in the end: every event once, in order, its serials from 1. */
export function logOf(name: string): string {
  let n = 0;
  let serial = 0;
  let text = "";
  for (const [tenant, count] of ORDER) {
    for (let i = 0; i < count; i++) {
      n++;
      if (name !== "host" && tenant.name !== name) continue;
      text += line(++serial, tenant.pid, n);
      const stamp = `msg=audit(1700000000.123:${serial})`;
      text += `type=CONTAINER_ID ${stamp}: record=1 contid=${tenant.contid}\n`;
    }
  }
  return text;
}
