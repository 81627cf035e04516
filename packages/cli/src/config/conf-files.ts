// The auditd.conf files of instances that run.
import type { AuditdInstance, AuditdLog } from "@cauditd/auditd";
import { rereadAuditdConf } from "./auditd-confs.ts";

/** Reads them again. An instance that began without one has none until it begins again. */
export class ConfFiles {
  #paths: ReadonlyMap<string, string>;
  readonly #told: AuditdLog;

  constructor(paths: ReadonlyMap<string, string>, told: AuditdLog) {
    this.#paths = paths;
    this.#told = told;
  }

  /** Where they are from now on. */
  use(paths: ReadonlyMap<string, string>): void {
    this.#paths = paths;
  }

  /** Whether an instance has one. */
  has(instance: Pick<AuditdInstance, "name" | "hasConf">): boolean {
    return instance.hasConf && this.#paths.has(instance.name);
  }

  /** Reads that of an instance again; one that is refused leaves it as it was. */
  async reload(instance: Pick<AuditdInstance, "name" | "hasConf" | "reload">): Promise<void> {
    const path = this.#paths.get(instance.name);
    if (path === undefined || !instance.hasConf) return;
    await instance.reload(await rereadAuditdConf(path, this.#told));
  }
}
