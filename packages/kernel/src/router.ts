import type { AuditEvent } from "@cauditd/auparse";
import {
  type Chain,
  formatChain,
  formatContid,
  parseContidList,
  RecordType,
  trimChain,
} from "@cauditd/libaudit";
import type { Attribution } from "./attribution.ts";
import { AttributedBy } from "./attribution.ts";
import type { Container, ContainerRegistry } from "./container-registry.ts";
import { trimEvent } from "./trim-event.ts";

/**
 * Receives an event for one scope.
 * @param scope the container, undefined for the host
 * @param chain text of the CONTAINER_ID record to be put in, trimmed to the scope; "" for none
 */
export type Deliver = (scope: Container | undefined, event: AuditEvent, chain: string) => void;

/**
 * Routes every event to the host scope and to each registered container of its chain (CID-90,
 * CID-91). The host sees the full chain, a container the part up to itself (CID-92).
 */
export class Router {
  readonly #registry: ContainerRegistry;
  /** For each slot: the scopes of its chain, leaf first, and the chain text that each sees. */
  readonly #routes: { scope: Container; chain: string }[][] = [];

  constructor(registry: ContainerRegistry) {
    this.#registry = registry;
  }

  /** Delivers the event to every scope that may see it, the host first. */
  route(event: AuditEvent, attribution: Attribution, deliver: Deliver): void {
    const { container, chain, by } = attribution;
    if (by === AttributedBy.contid) {
      this.#routeByText(event, chain, deliver);
      return;
    }
    deliver(undefined, event, chain);
    if (container === undefined) return;
    const trim = namesContids(event);
    for (const { scope, chain: seen } of this.#routeOf(container)) {
      const seenEvent = trim ? trimEvent(event, scope.contid) : event;
      // Nothing may remain of an event that is all CONTAINER_ID records of others.
      if (seenEvent.count > 0) deliver(scope, seenEvent, seen);
    }
  }

  #routeOf(container: Container): { scope: Container; chain: string }[] {
    let route = this.#routes[container.slot];
    if (route === undefined) {
      route = [];
      let seen = "";
      for (let at: Container | undefined = container; at !== undefined; at = at.parent) {
        const contid = formatContid(at.contid);
        seen = seen === "" ? contid : `${seen},^${contid}`;
        route.push({ scope: at, chain: seen });
      }
      this.#routes[container.slot] = route;
    }
    return route;
  }

  /**
   * The records name the chains themselves: every registered container of any of them gets the
   * event once (CID-95); containers that are not registered pass.
   */
  #routeByText(event: AuditEvent, list: string, deliver: Deliver): void {
    const chains = parseContidList(list) ?? [];
    // The subject's own CONTAINER_ID survives in every scope of its chain.
    const has = event.indexOf(RecordType.CONTAINER_ID) >= 0;
    const added = (chain: Chain): string => (has ? "" : formatChain(chain));
    deliver(undefined, event, added(chains[0] ?? []));
    const served: Container[] = [];
    for (const chain of chains) {
      for (const contid of chain) {
        const scope = this.#registry.find(contid);
        if (scope === undefined || served.includes(scope)) continue;
        served.push(scope);
        deliver(scope, trimEvent(event, contid), added(trimChain(chain, contid)));
      }
    }
  }
}

/** True when a record may hold contids of ancestors. */
function namesContids(event: AuditEvent): boolean {
  for (let i = 0; i < event.count; i++) {
    const type = event.types[i] as number;
    if (type === RecordType.CONTAINER_OP || type === RecordType.CONTAINER_ID) return true;
  }
  return false;
}
