// What an instance is set to, in the key store: it is there before the request is answered.
import type { KeyStore } from "@cauditd/bus";
import type { InstanceAnswer, InstanceState } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { z } from "zod";

/** Answers that are kept, and their bytes: requests are sent again for some seconds only. */
const MAX_ANSWERS = 64;
const MAX_ANSWER_BYTES = 128 * 1024;

const u32 = z.number().int().min(0).max(0xffff_ffff);
const payloads = z.array(z.base64().max(12_288));
const feature = z.strictObject({ on: z.boolean(), locked: z.boolean() });
const answer = z.strictObject({
  id: z.string().min(1).max(64),
  digest: z.string().max(64),
  answer: z.strictObject({
    errno: z.number().int().min(0),
    value: z.number(),
    records: z.array(z.strictObject({ type: z.number().int(), body: z.string() })),
    refused: z.number().int(),
    unrecorded: z.boolean().optional(),
    switchesOff: z.boolean().optional(),
    result: z.unknown().optional(),
  }),
});
const kept = z.strictObject({
  /** Oldest first. */
  answers: z.array(answer).max(MAX_ANSWERS).default([]),
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

/** What a request was answered: whoever owns the instance next answers the same. */
export interface KeptAnswer {
  readonly id: string;
  readonly digest: string;
  readonly answer: InstanceAnswer;
}

/** The state of one instance, as its owner keeps it. */
export class KeptState {
  readonly #store: KeyStore;
  readonly #scope: string;
  readonly #generation: number;
  #revision: number;
  #state: InstanceState | undefined;
  #answers: readonly KeptAnswer[];
  /** An earlier life of the scope was kept here: its log is not this one's. */
  readonly succeeds: boolean;

  private constructor(
    store: KeyStore,
    at: { readonly scope: string; readonly generation: number },
    revision: number,
    found: Pick<Kept, "answers"> & {
      readonly state: InstanceState | undefined;
      readonly succeeds: boolean;
    },
  ) {
    this.#store = store;
    this.#scope = at.scope;
    this.#generation = at.generation;
    this.#revision = revision;
    this.#state = found.state;
    this.#answers = found.answers;
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
    const answers = same ? found.answers : [];
    const bytes = encode(at.generation, state, answers);
    const revision =
      entry === undefined
        ? await store.create(at.scope, bytes)
        : await store.update(at.scope, bytes, entry.revision);
    const succeeds = found !== undefined && !same;
    return new KeptState(store, at, revision, { state, answers, succeeds });
  }

  /** What was kept; undefined = nothing, the configuration holds. */
  get state(): InstanceState | undefined {
    return this.#state;
  }

  /** The answer of a request that an earlier owner, or this one, has carried out. */
  answered(id: string): KeptAnswer | undefined {
    return this.#answers.find((one) => one.id === id);
  }

  /**
   * Keeps a state, and what the request that has led to it is answered: both, or neither.
   * @throws ESTALE when another owner has it; what the store says
   */
  keep(state: InstanceState, answer?: KeptAnswer): Promise<void> {
    return this.#keep(state, answer);
  }

  /** Keeps what a request was answered that changes nothing of the state. Errors as `keep`. */
  note(answer: KeptAnswer): Promise<void> {
    return this.#keep(this.#state, answer);
  }

  async #keep(state: InstanceState | undefined, answer?: KeptAnswer): Promise<void> {
    const answers = answer === undefined ? this.#answers : bounded([...this.#answers, answer]);
    const bytes = encode(this.#generation, state, answers);
    this.#revision = await this.#store.update(this.#scope, bytes, this.#revision);
    this.#state = state;
    this.#answers = answers;
  }
}

/** The newest ones, as many as are kept. */
function bounded(answers: readonly KeptAnswer[]): readonly KeptAnswer[] {
  let left = MAX_ANSWER_BYTES;
  let first = answers.length;
  while (first > Math.max(0, answers.length - MAX_ANSWERS)) {
    left -= Buffer.byteLength(JSON.stringify(answers[first - 1]));
    if (left < 0) break;
    first--;
  }
  return answers.slice(first);
}

function encode(
  generation: number,
  state: InstanceState | undefined,
  answers: readonly KeptAnswer[],
): Uint8Array {
  return Buffer.from(JSON.stringify({ generation, state: state ?? null, answers }));
}

interface Kept {
  readonly generation: number;
  readonly state: InstanceState | null;
  readonly answers: readonly KeptAnswer[];
}

function read(scope: string, bytes: Uint8Array): Kept {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw unreadable(scope, "no JSON", cause);
  }
  const { data, error } = kept.safeParse(value);
  if (data !== undefined) return data as Kept;
  const issue = error?.issues[0];
  throw unreadable(scope, `${issue?.path.join(".")}: ${issue?.message}`, error);
}

function unreadable(scope: string, problem: string, cause: unknown): AuditError {
  return new AuditError(Errno.EBADMSG, `state of scope ${scope}: ${problem}`, { cause });
}
