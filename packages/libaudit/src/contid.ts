// contid: the u64 that names a container, and the lists of contids that records carry.
//
// list  := "-1" | chain ("," chain)*      -1: no container
// chain := contid ("," "^" contid)*       leaf first, then its ancestors (contid.md 1.7.3)
import { Errno } from "./errno.ts";

/** The contid of a task that is in no container: 2^64-1, AUDIT_CID_UNSET of the patches. */
export const CONTID_UNSET: bigint = 0xffff_ffff_ffff_ffffn;

/** Longest text a contid or a list is read from: what fits into one record, in characters. */
export const CONTID_TEXT_MAX = 8970;

/** A contid and its ancestors, leaf first, without repeats; empty for no container. */
export type Chain = readonly bigint[];

/** What parseContid answers. */
export type ContidResult =
  | { readonly ok: true; readonly contid: bigint }
  | { readonly ok: false; readonly errno: typeof Errno.EINVAL | typeof Errno.ERANGE };

const UNSET_TEXT = "-1";
const U64_DIGITS = 20;
const WRITTEN = /^\+?0*([0-9]+)(.*)$/s;
const PRINTED = /^(?:0|[1-9][0-9]{0,19})$/;

/**
 * Reads the text that a task writes to register a contid: an unsigned decimal with an optional `+`
 * before it and one optional newline after it (CID-11, CID-13). Other text is EINVAL, a number
 * above 2^64-1 is ERANGE whatever follows it (CID-12), more than CONTID_TEXT_MAX characters are
 * EINVAL. CONTID_UNSET is read like any number; refusing it comes later (CID-9, CID-10).
 * Source: kernel kstrtou64, base 10.
 */
export function parseContid(text: string): ContidResult {
  if (text.length > CONTID_TEXT_MAX) return { ok: false, errno: Errno.EINVAL };
  const match = WRITTEN.exec(text);
  if (match === null) return { ok: false, errno: Errno.EINVAL };
  const [, digits = "", rest = ""] = match;
  if (digits.length > U64_DIGITS) return { ok: false, errno: Errno.ERANGE };
  const contid = BigInt(digits);
  if (contid > CONTID_UNSET) return { ok: false, errno: Errno.ERANGE };
  if (rest !== "" && rest !== "\n") return { ok: false, errno: Errno.EINVAL };
  return { ok: true, contid };
}

/** Decimal text of a contid; 18446744073709551615 for CONTID_UNSET. RangeError outside a u64. */
export function formatContid(contid: bigint): string {
  if (contid < 0n || contid > CONTID_UNSET) {
    throw new RangeError(`contid: expected 0..${CONTID_UNSET}, found ${contid}`);
  }
  return contid.toString();
}

/** A contid as records print it: no sign, no leading zero. */
function readPrinted(text: string): bigint | undefined {
  if (!PRINTED.test(text)) return undefined;
  const contid = BigInt(text);
  return contid <= CONTID_UNSET ? contid : undefined;
}

/**
 * Reads the list of a record: `4,^2,^1` is one chain, `2,^1,3,^1` the two chains of a network
 * namespace, `7,666,^3` the chains 7 and 666 below 3 (CID-118), `-1` no chain. Undefined for any
 * other text: an ancestor without a leaf, a number that is no printed u64, a contid twice in one
 * chain (CID-47), more than CONTID_TEXT_MAX characters.
 */
export function parseContidList(text: string): bigint[][] | undefined {
  if (text.length > CONTID_TEXT_MAX) return undefined;
  if (text === UNSET_TEXT) return [];
  const chains: bigint[][] = [];
  let chain: bigint[] | undefined;
  let seen = new Set<bigint>();
  for (const word of text.split(",")) {
    const ancestor = word.startsWith("^");
    const contid = readPrinted(ancestor ? word.slice(1) : word);
    if (contid === undefined) return undefined;
    if (!ancestor) {
      chain = [];
      seen = new Set();
      chains.push(chain);
    }
    if (chain === undefined || seen.has(contid)) return undefined;
    seen.add(contid);
    chain.push(contid);
  }
  return chains;
}

/** Reads a list of at most one chain, as parseContidList; undefined for several. `-1` is []. */
export function parseChain(text: string): bigint[] | undefined {
  const chains = parseContidList(text);
  return chains === undefined || chains.length > 1 ? undefined : (chains[0] ?? []);
}

/** `4,^2,^1` of a chain, `-1` of an empty one. RangeError for a contid outside a u64. */
export function formatChain(chain: Chain): string {
  return chain.length === 0 ? UNSET_TEXT : chain.map(formatContid).join(",^");
}

/** `2,^1,3,^1` of several chains; empty chains are left out, `-1` if nothing remains. */
export function formatContidList(chains: readonly Chain[]): string {
  const texts = chains.filter((chain) => chain.length > 0).map(formatChain);
  return texts.length === 0 ? UNSET_TEXT : texts.join(",");
}

/**
 * What the scope of a container may see of a chain: the members up to and including `scope`, none
 * if `scope` is not a member (CID-92, CID-93). The host sees whole chains and does not trim.
 */
export function trimChain(chain: Chain, scope: bigint): Chain {
  return chain.slice(0, chain.indexOf(scope) + 1);
}

/** Trims every chain of a list and leaves out those of which nothing remains (CID-95). */
export function trimContidList(chains: readonly Chain[], scope: bigint): Chain[] {
  return chains.map((chain) => trimChain(chain, scope)).filter((chain) => chain.length > 0);
}
