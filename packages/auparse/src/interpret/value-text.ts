import {
  capabilityName,
  type FieldKind,
  type ValueTable,
  valueName,
  valueRows,
} from "@cauditd/libaudit/vocabulary";
import { CNumber } from "./c-number.ts";

const number = new CNumber();

const S_IFMT = 0o170000;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_ISVTX = 0o1000;
const ADDR_NO_RANDOMIZE = 0x40000;
const SCHED_RESET_ON_FORK = 0x4000_0000;
const SECCOMP_RET_ACTION = 0x7fff_0000;
const AT_FDCWD = 0xffff_ff9c;
const CAP_LAST = 40;

/** What an argument of a system call may be besides a plain number. */
export type ArgumentKind =
  | "access"
  | "bpf"
  | "capability16"
  | "clock"
  | "clone"
  | "dirfd"
  | "epollctl"
  | "exit"
  | "fcntl"
  | "fdflag"
  | "gid"
  | "ioctl"
  | "ip6opt"
  | "ipopt"
  | "mmap"
  | "mode"
  | "modeshort"
  | "mount"
  | "number"
  | "open"
  | "packetopt"
  | "personality"
  | "prctl"
  | "prot"
  | "protmap"
  | "ptrace"
  | "protocol16"
  | "recv"
  | "rlimit"
  | "sched"
  | "seek"
  | "shm"
  | "signal"
  | "family"
  | "socketcall"
  | "socklevel"
  | "sockopt"
  | "socktype"
  | "tcpopt"
  | "udpopt"
  | "uid"
  | "umount";

/** The names of the flags of `mask`, in the order of their table, joined by `|`. */
function flagNames(table: ValueTable, mask: number, first = "", rows = 32, joint = "|"): string {
  let text = first;
  for (const [bits, name] of valueRows(table)) {
    if (rows-- === 0) break;
    if ((bits & mask) !== 0) text = text === "" ? name : `${text}${joint}${name}`;
  }
  return text;
}

/** The name of a value, or `unknown-WHAT(VALUE)`. */
function named(table: ValueTable, value: number, what: string, shown: string): string {
  return valueName(table, value) ?? `unknown-${what}(${shown})`;
}

function specialBits(mode: number): string[] {
  const bits: string[] = [];
  if ((mode & S_ISUID) !== 0) bits.push("suid");
  if ((mode & S_ISGID) !== 0) bits.push("sgid");
  if ((mode & S_ISVTX) !== 0) bits.push("sticky");
  return bits;
}

/** `file,suid,755`: file type, special bits, permissions. */
function modeText(mode: number): string {
  const type = (mode & S_IFMT) >>> 0;
  const name = valueName("filetype", type) ?? (type >> 12).toString(8).padStart(3, "0");
  return [name, ...specialBits(mode), (mode & 0o777).toString(8).padStart(3, "0")].join(",");
}

/** `suid,0755`: special bits and permissions. */
function modeShortText(mode: number): string {
  return [...specialBits(mode), `0${(mode & 0o777).toString(8).padStart(3, "0")}`].join(",");
}

function cloneText(flags: number): string {
  const names = flagNames("clone", flags);
  const signal = flags & 0xff;
  const name = signal > 0 && signal < 32 ? valueName("signal", signal) : undefined;
  if (name !== undefined) return names === "" ? name : `${names}|${name}`;
  return names === "" ? `0x${flags.toString(16)}` : names;
}

function shmText(flags: number): string {
  const names: string[] = [];
  if ((flags & 0o1000) !== 0) names.push("IPC_CREAT");
  if ((flags & 0o2000) !== 0) names.push("IPC_EXCL");
  if ((flags & 0o4000) !== 0) names.push("SHM_HUGETLB");
  if ((flags & 0o10000) !== 0) names.push("SHM_NORESERVE");
  return [...names, modeShortText(flags & 0o777)].join("|");
}

function openText(flags: number, text: string): string {
  const names = flagNames("open", flags, (flags & 3) === 0 ? "O_RDONLY" : "");
  return names === "" ? `0x${text}` : names;
}

function mmapText(flags: number, text: string): string {
  return flagNames("mmap", flags, (flags & 0xf) === 0 ? "MAP_FILE" : "") || `0x${text}`;
}

function capabilityText(capability: number, shown: string): string {
  const name = capabilityName(capability);
  return name === undefined ? `unknown-capability(${shown})` : name.slice(4).toLowerCase();
}

function signalText(signal: number, shown: string): string {
  return signal < 32 ? named("signal", signal, "signal", shown) : `unknown-signal(${shown})`;
}

function levelText(level: number, text: string): string {
  if (level === 1) return "SOL_SOCKET";
  return valueName("protocol", level) ?? named("socklevel", level, "sockopt-level", `0x${text}`);
}

/** A set of capabilities as names joined by commas. */
function capabilitiesText(high: number, low: number): string {
  const names: string[] = [];
  for (let i = 0; i <= CAP_LAST; i++) {
    const word = i < 32 ? low : high;
    if (((word >>> (i % 32)) & 1) === 1) names.push(capabilityText(i, ""));
  }
  return names.length === 0 ? "none" : names.join(",");
}

/**
 * The text of an argument of a system call, from its hex digits `[start, end)`. User and group
 * IDs are not for this function: their names come from outside.
 * @param ppc the machine is a PowerPC of 32 bits or big-endian 64: some socket options differ
 */
export function argumentText(
  kind: ArgumentKind,
  buf: Buffer,
  start: number,
  end: number,
  ppc: boolean,
): string {
  const text = buf.toString("latin1", start, end);
  if (kind === "exit") return exitText(text);
  number.read(buf, start, end, 16);
  const overflow = kind === "socketcall" ? number.signedOverflow : number.overflow;
  if (overflow) return `conversion error(${text})`;
  const { low, int } = number;
  const hex = `0x${text}`;
  switch (kind) {
    case "access":
      return (low & 0xf) === 0 ? "F_OK" : flagNames("access", low) || hex;
    case "bpf":
      return named("bpf", low, "bpf-cmd", text);
    case "capability16":
      return capabilityText(low, hex);
    case "clock":
      return named("clock", low, "clk_id", hex);
    case "clone":
      return cloneText(low);
    case "dirfd":
      return low === AT_FDCWD ? "AT_FDCWD" : hex;
    case "epollctl":
      return named("epollctl", low, "epoll_ctl-operation", String(int));
    case "fcntl":
      return named("fcntl", low, "fcntl-command", String(int));
    case "fdflag":
      return int === 1 ? "FD_CLOEXEC" : hex;
    case "ioctl":
      return valueName("ioctl", low) ?? `0x${low.toString(16)}`;
    case "mode":
      return modeText(low);
    case "modeshort":
      return modeShortText(low);
    case "open":
      return openText(low, text);
    case "personality": {
      const name = named("personality", low & 0xff, "personality", hex);
      const fixed = (low & ADDR_NO_RANDOMIZE) !== 0 && !name.startsWith("unknown-");
      return fixed ? `${name}|~ADDR_NO_RANDOMIZE` : name;
    }
    case "prot":
    case "protmap":
      if ((low & 7) === 0) return "PROT_NONE";
      return flagNames("prot", low, "", kind === "protmap" ? 4 : 3);
    case "mmap":
      return mmapText(low, text);
    case "sched": {
      const name = named("sched", low & 0xf, "scheduler-policy", hex);
      const reset = (low & SCHED_RESET_ON_FORK) !== 0 && !name.startsWith("unknown-");
      return reset ? `${name}|SCHED_RESET_ON_FORK` : name;
    }
    case "shm":
      return shmText(low);
    case "signal":
      return signalText(int, hex);
    case "sockopt":
      return named("sockopt", ppc && low >= 16 && low <= 21 ? low + 100 : low, "sockopt-name", hex);
    case "socklevel":
      return levelText(low, text);
    default:
      return simpleText(kind, low, text);
  }
}

/** The kinds that are a name of one table. */
function simpleText(kind: ArgumentKind, low: number, text: string): string {
  const hex = `0x${text}`;
  switch (kind) {
    case "mount":
    case "recv":
    case "umount":
      return flagNames(kind, low) || hex;
    case "ptrace":
      return named("ptrace", low, "ptrace", hex);
    case "prctl":
      return named("prctl", low, "prctl-option", hex);
    case "rlimit":
      return named("rlimit", low, "rlimit", hex);
    case "family":
      return named("family", low, "family", hex);
    case "socktype":
      return named("socktype", low & 0xff, "type", text);
    case "protocol16":
      return named("protocol", low, "proto", text);
    case "seek":
      return named("seek", low & 0xff, "whence", text);
    case "socketcall":
      return named("socketcall", low, "socketcall", text);
    case "ipopt":
    case "ip6opt":
    case "tcpopt":
    case "udpopt":
      return named(kind, low, `${kind}-name`, hex);
    case "packetopt":
      return named("packetopt", low, "pktopt-name", hex);
    default:
      return hex;
  }
}

function exitText(text: string): string {
  if (text === "0") return "EXIT_SUCCESS";
  return text === "1" ? "EXIT_FAILURE" : "UNKNOWN";
}

/** The base that the number of a field is written in, as ausearch reads it. */
function baseOf(kind: FieldKind): 8 | 10 | 16 {
  switch (kind) {
    case "mode":
    case "modeshort":
      return 8;
    case "flag":
    case "capbitmap":
    case "personality":
    case "seccomp":
    case "oflag":
    case "mmap":
    case "hook":
    case "netaction":
    case "macproto":
    case "ioctl":
    case "nlmcgrp":
    case "resolve":
      return 16;
    default:
      return 10;
  }
}

/** The text of a field whose kind is a number, from `[start, end)`. */
export function valueText(kind: FieldKind, buf: Buffer, start: number, end: number): string {
  const text = buf.toString("latin1", start, end);
  if (kind === "session") return text === "4294967295" ? "unset" : text;
  const digits = start < end && (buf[start] as number) >= 0x30 && (buf[start] as number) <= 0x39;
  if (!digits && (kind === "success" || kind === "fanotify")) return text;
  number.read(buf, start, end, baseOf(kind));
  const signed = kind === "perm" || kind === "promisc";
  if (signed ? number.signedOverflow : number.overflow) return `conversion error(${text})`;
  const { high, low, int } = number;
  switch (kind) {
    case "success":
      if (low === 0) return "no";
      return low === 1 ? "yes" : "unset";
    case "mode":
      return modeText(low);
    case "modeshort":
      return modeShortText(low);
    case "perm":
      return permText(int);
    case "promisc":
      return low === 0 ? "no" : "yes";
    case "flag":
      return low === 0 ? "none" : flagNames("flag", low, "", 32, ",") || `0x${text}`;
    case "capability":
      return capabilityText(low, text);
    case "capbitmap":
      return capabilitiesText(high, low);
    case "signal":
      return signalText(int, text);
    case "list":
      return named("list", low, "list", text);
    case "oflag":
      return openText(low, text);
    case "mmap":
      return mmapText(low, text);
    case "seccomp":
      return named("seccomp", (low & SECCOMP_RET_ACTION) >>> 0, "seccomp-code", text);
    case "personality":
      return argumentText("personality", buf, start, end, false);
    case "ioctl":
      return argumentText("ioctl", buf, start, end, false);
    default:
      return netText(kind, low, text);
  }
}

function netText(kind: FieldKind, low: number, text: string): string {
  switch (kind) {
    case "nfproto":
      return named("nfproto", low, "netfilter-protocol", text);
    case "icmptype":
      return named("icmptype", low, "icmp-type", text);
    case "protocol":
      return valueName("protocol", low) ?? "undefined protocol";
    case "hook":
      return named("hook", low, "hook", text);
    case "netaction":
      return named("netaction", low, "action", text);
    case "macproto":
      if (low === 0x800) return "IP";
      return low === 0x806 ? "ARP" : "UNKNOWN";
    case "fanotify":
      if (low === 1) return "allow";
      return low === 2 ? "deny" : "unknown";
    case "nlmcgrp":
      return low === 1 && number.high === 0 ? "audit-netlink-multicast" : "audit-none";
    case "resolve":
      return flagNames("resolve", low) || `0x${text}`;
    default:
      return text;
  }
}

/** The rwxa of a rule: nothing stands for everything. */
function permText(perm: number): string {
  const bits = perm === 0 ? 0xf : perm;
  const names = ["exec", "write", "read", "attr"];
  const order = [2, 1, 0, 3];
  return order
    .filter((bit) => (bits & (1 << bit)) !== 0)
    .map((bit) => names[bit])
    .join(",");
}
