// What a worker's instances are set to, which may change while it runs.
import type { AuditdInstance, AuditdLog } from "@cauditd/auditd";
import type { TenantStreams } from "@cauditd/bus";
import { type ServeOptionsOf, serveOptionsOf } from "../services/serve-options.ts";
import { ConfFiles } from "./conf-files.ts";
import type { Config } from "./config.ts";
import { type ConfigField, changedFields, type Reloaded } from "./reload.ts";
import { readSettings, type Settings } from "./settings.ts";

/** What a worker takes from its configuration at its start only. */
const OF_WORKER: readonly ConfigField[] = ["logs", "host", "nats", "worker", "metrics"];

/** What instances are set to that begin from now on. */
export class WorkerSettings {
  readonly #path: string;
  /** As the process was started with. */
  readonly #first: Config;
  readonly #streams: TenantStreams | undefined;
  readonly #told: AuditdLog;
  readonly confFiles: ConfFiles;
  #optionsOf: ServeOptionsOf;

  constructor(
    path: string,
    settings: Settings,
    streams: TenantStreams | undefined,
    told: AuditdLog,
  ) {
    this.#path = path;
    this.#first = settings.config;
    this.#streams = streams;
    this.#told = told;
    this.confFiles = new ConfFiles(settings.config.auditdConfs, told);
    this.#optionsOf = this.#optionsFrom(settings);
  }

  /** How the instance of a name is served, if it begins now. */
  optionsOf(name: string): ReturnType<ServeOptionsOf> {
    return this.#optionsOf(name);
  }

  /**
   * Reads all files again. They hold for instances that begin from now on; for those that run, it
   * is their auditd.conf, as at SIGHUP of auditd.
   * @throws {InputError} with every problem, after which everything is as it was
   */
  async reload(running: Iterable<AuditdInstance>): Promise<Reloaded> {
    const settings = await readSettings(this.#path, this.#told);
    const { config } = settings;
    const restart = [...changedFields(this.#first, config, OF_WORKER)];
    // The connection that streams need is made at the start.
    const hadStreams = this.#streams !== undefined;
    if (hadStreams !== (config.streams !== undefined)) restart.push("streams");
    this.confFiles.use(config.auditdConfs);
    this.#optionsOf = this.#optionsFrom(settings);
    const failed: string[] = [];
    for (const instance of running) {
      await this.confFiles.reload(instance).catch((error: Error) => {
        failed.push(`${instance.name}: ${error.message}`);
      });
    }
    return { failed, restart };
  }

  #optionsFrom({ config, rules, confs }: Settings): ServeOptionsOf {
    const streams = this.#streams;
    const { logOptions, limits } = config;
    const kept = streams && { open: streams, config: config.streams ?? this.#first.streams };
    return serveOptionsOf({
      ...{ rules, confs, logOptions, limits },
      streams: kept?.config && { open: kept.open, config: kept.config },
    });
  }
}
