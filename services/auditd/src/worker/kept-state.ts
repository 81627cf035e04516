// What an instance is set to, in the key store: it is there before the request is answered.
import type { KeyStore } from "@cauditd/bus";
import type { InstanceState } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { z } from "zod";

const u32 = z.number().int().min(0).max(0xffff_ffff);
const payloads = z.array(z.base64().max(12_288));
const feature = z.strictObject({ on: z.boolean(), locked: z.boolean() });
const kept = z.strictObject({
  generation: z.number().int().min(1),
  /** null: as the configuration says. */
  state: z
    .strictObject({
      status: z.strictObject({
        enabled: u32,
        failure: u32,
        rate_limit: u32,
        backlog_limit: u32,
        backlog_wait_time: u32,
      }),
      features: z.strictObject({ only_unset_loginuid: feature, loginuid_immutable: feature }),
      rules: payloads.nullable(),
      floor: payloads,
    })
    .nullable(),
});

/** The state of one instance, as its owner keeps it. */
export class KeptState {
  readonly #store: KeyStore;
  readonly #scope: string;
  readonly #generation: number;
  #revision: number;
  #state: InstanceState | undefined;
  /** An earlier life of the scope was kept here: its log is not this one's. */
  readonly succeeds: boolean;

  private constructor(
    store: KeyStore,
    at: { readonly scope: string; readonly generation: number },
    revision: number,
    found: { readonly state: InstanceState | undefined; readonly succeeds: boolean },
  ) {
    this.#store = store;
    this.#scope = at.scope;
    this.#generation = at.generation;
    this.#revision = revision;
    this.#state = found.state;
    this.succeeds = found.succeeds;
  }

  /**
   * Takes the key over: what an earlier owner still writes is refused from here on, so that it
   * answers no request any more with success.
   * @throws EBADMSG for what cannot be read; ESTALE, EEXIST when another takes it over at the same
   * time; what the store says
   */
  static async take(
    store: KeyStore,
    at: { readonly scope: string; readonly generation: number },
  ): Promise<KeptState> {
    const entry = await store.get(at.scope);
    const found = entry === undefined ? undefined : read(at.scope, entry.value);
    const same = found?.generation === at.generation;
    const state = same ? (found.state ?? undefined) : undefined;
    const bytes = encode(at.generation, state);
    const revision =
      entry === undefined
        ? await store.create(at.scope, bytes)
        : await store.update(at.scope, bytes, entry.revision);
    return new KeptState(store, at, revision, { state, succeeds: found !== undefined && !same });
  }

  /** What was kept; undefined = nothing, the configuration holds. */
  get state(): InstanceState | undefined {
    return this.#state;
  }

  /** Keeps a state. @throws ESTALE when another owner has it; what the store says */
  async keep(state: InstanceState): Promise<void> {
    const bytes = encode(this.#generation, state);
    this.#revision = await this.#store.update(this.#scope, bytes, this.#revision);
    this.#state = state;
  }
}

function encode(generation: number, state: InstanceState | undefined): Uint8Array {
  return Buffer.from(JSON.stringify({ generation, state: state ?? null }));
}

interface Kept {
  readonly generation: number;
  readonly state: InstanceState | null;
}

function read(scope: string, bytes: Uint8Array): Kept {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw unreadable(scope, "no JSON", cause);
  }
  const { data, error } = kept.safeParse(value);
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  throw unreadable(scope, `${issue?.path.join(".")}: ${issue?.message}`, error);
}

function unreadable(scope: string, problem: string, cause: unknown): AuditError {
  return new AuditError(Errno.EBADMSG, `state of scope ${scope}: ${problem}`, { cause });
}
