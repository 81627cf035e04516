// A rule as the kernel holds it: struct audit_rule_data, without its wire layout.
//
// Text of a rule (paths, keys, labels) is latin1: one character is one byte.

/** Rule lists by name: AUDIT_FILTER_* of linux/audit.h. `filesystem` is AUDIT_FILTER_FS. */
export const RuleListNumber = {
  user: 0,
  task: 1,
  exit: 4,
  exclude: 5,
  filesystem: 6,
} as const;

/** Name of a rule list. */
export type RuleList = keyof typeof RuleListNumber;

/** What a rule does with what it matches. */
export type RuleAction = "always" | "never";

/** Numbers of the two actions: AUDIT_NEVER, AUDIT_ALWAYS. AUDIT_POSSIBLE (1) is refused. */
export const RuleActionNumber = { never: 0, always: 2 } as const;

/** AUDIT_FILTER_PREPEND: the bit of `flags` that puts a rule at the head of its list. */
export const PREPEND = 0x10;

/** Operators of a field: the AUDIT_OPERATORS bits of linux/audit.h. */
export const RuleOperator = {
  EQUAL: 0x40000000,
  NOT_EQUAL: 0x30000000,
  GREATER: 0x20000000,
  GREATER_OR_EQUAL: 0x60000000,
  LESS: 0x10000000,
  LESS_OR_EQUAL: 0x50000000,
  /** Any bit in common. */
  MASK: 0x08000000,
  /** All bits of the value. */
  TEST: 0x48000000,
} as const;

/** An operator that auditctl can write. */
export type RuleOperator = (typeof RuleOperator)[keyof typeof RuleOperator];

/** Field numbers: AUDIT_* of linux/audit.h; CONTID is AUDIT_CONTID of the v11 patches. */
export const FieldNumber = {
  PID: 0,
  UID: 1,
  EUID: 2,
  SUID: 3,
  FSUID: 4,
  GID: 5,
  EGID: 6,
  SGID: 7,
  FSGID: 8,
  LOGINUID: 9,
  PERS: 10,
  ARCH: 11,
  MSGTYPE: 12,
  SUBJ_USER: 13,
  SUBJ_ROLE: 14,
  SUBJ_TYPE: 15,
  SUBJ_SEN: 16,
  SUBJ_CLR: 17,
  PPID: 18,
  OBJ_USER: 19,
  OBJ_ROLE: 20,
  OBJ_TYPE: 21,
  OBJ_LEV_LOW: 22,
  OBJ_LEV_HIGH: 23,
  LOGINUID_SET: 24,
  SESSIONID: 25,
  FSTYPE: 26,
  CONTID: 27,
  DEVMAJOR: 100,
  DEVMINOR: 101,
  INODE: 102,
  EXIT: 103,
  SUCCESS: 104,
  WATCH: 105,
  PERM: 106,
  DIR: 107,
  FILETYPE: 108,
  OBJ_UID: 109,
  OBJ_GID: 110,
  FIELD_COMPARE: 111,
  EXE: 112,
  SADDR_FAM: 113,
  ARG0: 200,
  ARG1: 201,
  ARG2: 202,
  ARG3: 203,
  FILTERKEY: 210,
} as const;

/** Number of a field that is known here. */
export type FieldNumber = (typeof FieldNumber)[keyof typeof FieldNumber];

/** Bits of the value of `perm`: AUDIT_PERM_*. */
export const Perm = { EXEC: 1, WRITE: 2, READ: 4, ATTR: 8 } as const;

/** The value a u32 field has for "not set": uid, gid, auid, session. */
export const UNSET_U32 = 0xffff_ffff;

/** AUDIT_MAX_FIELDS: most fields of one rule. */
export const MAX_FIELDS = 64;

/** AUDIT_BITMASK_SIZE: words of a syscall mask, 32 calls each. */
export const MASK_WORDS = 64;

/** AUDIT_MAX_KEY_LEN: most bytes of all keys of a rule, their separators included. */
export const MAX_KEY_LENGTH = 256;

/** PATH_MAX: most bytes of any other text of a rule. */
export const PATH_MAX = 4096;

/** Byte between two keys of one rule. */
export const KEY_SEPARATOR = "\x01";

/** One test of a rule. */
export interface RuleField {
  /** AUDIT_*, see FieldNumber. */
  readonly field: number;
  /** Bits of RuleOperator. */
  readonly op: number;
  /** u32 as on the wire; for a field with text or contid the number of its bytes. */
  readonly value: number;
  /** Bytes of a path, label or key, latin1, without NUL. */
  readonly text?: string;
  /** The u64 of field CONTID; CONTID_UNSET for a task in no container. */
  readonly contid?: bigint;
}

/** A rule: all fields must hold for a call whose bit is set in the mask. */
export interface Rule {
  readonly list: RuleList;
  readonly action: RuleAction;
  /** True for a request to put the rule at the head of its list (-A). A loaded rule has false. */
  readonly prepend: boolean;
  /** MASK_WORDS words; call n is bit n % 32 of word n / 32. */
  readonly syscalls: Uint32Array;
  /** In the order of the request; the key is last. */
  readonly fields: readonly RuleField[];
}

/** True if `mask` has the bit of system call `number`, 0..2047; false for any other number. */
export function hasSyscall(mask: Uint32Array, number: number): boolean {
  if (number < 0 || number >= MASK_WORDS * 32) return false;
  return (((mask[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
}

/** True if `mask` stands for all calls: words 0..62 are all ones. Source: auditctl -l. */
export function hasAllSyscalls(mask: Uint32Array): boolean {
  for (let word = 0; word < MASK_WORDS - 1; word++) {
    if (mask[word] !== UNSET_U32) return false;
  }
  return true;
}

/** The keys of a rule in order, empty without a key field. */
export function ruleKeys(rule: Rule): string[] {
  const key = rule.fields.find((field) => field.field === FieldNumber.FILTERKEY)?.text;
  return key === undefined ? [] : key.split(KEY_SEPARATOR);
}
