// log_format and name_format: what an auditd.conf adds to each line of a log.
import { lookup } from "node:dns/promises";
import { hostname } from "node:os";
import { LineEnricher, type NameSource } from "@cauditd/auparse";
import { type HostNames, nodeName } from "@cauditd/kernel";
import { type AuditdConf, AuditError, Errno } from "@cauditd/libaudit";

/** The names of this machine. */
export async function hostNames(): Promise<HostNames> {
  const name = hostname();
  const found = await lookup(name).catch(() => undefined);
  return { hostname: name, canonical: found && name, address: found?.address };
}

/** Adds to lines what an auditd.conf asks for. */
export class LineFormat {
  readonly #names: NameSource;
  readonly #hosts: HostNames;
  /** Undefined: lines stay as they are. */
  #enricher: LineEnricher | undefined;

  private constructor(names: NameSource, hosts: HostNames) {
    this.#names = names;
    this.#hosts = hosts;
  }

  /** @throws EINVAL when name_format asks for a name that cannot be had */
  static async of(conf: AuditdConf, names: NameSource, hosts?: HostNames): Promise<LineFormat> {
    const format = new LineFormat(names, hosts ?? (await hostNames()));
    format.reload(conf);
    return format;
  }

  /** Lines from here on are as `conf` says. @throws as `of`; then nothing changes */
  reload(conf: AuditdConf): void {
    const found = nodeName(conf, this.#hosts);
    if ("refused" in found) throw new AuditError(Errno.EINVAL, found.refused);
    const names = conf.log_format === "ENRICHED" ? this.#names : undefined;
    const isPlain = found.node === undefined && names === undefined;
    this.#enricher = isPlain ? undefined : new LineEnricher({ node: found.node, names });
  }

  /** Whole lines, with what is added; a buffer of its own, or the one given. */
  add(lines: Buffer): Buffer {
    return this.#enricher === undefined ? lines : Buffer.from(this.#enricher.render(lines));
  }
}
