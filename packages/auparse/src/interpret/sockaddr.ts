import { valueName } from "@cauditd/libaudit/vocabulary";
import { hexDigit } from "../fields.ts";
import { hexEnd } from "./escaped.ts";

const AF_LOCAL = 1;
const AF_INET = 2;
const AF_AX25 = 3;
const AF_ATMPVC = 8;
const AF_X25 = 9;
const AF_INET6 = 10;
const AF_NETLINK = 16;
/** Sizes of struct sockaddr_in, sockaddr_in6 and sockaddr_nl. */
const IN_SIZE = 16;
const IN6_SIZE = 28;
const NL_SIZE = 12;
/** The most bytes of a path, sun_path. */
const PATH_SIZE = 108;

/** The name of a network interface by its index, for the scope of an address. */
export type InterfaceName = (index: number) => string | undefined;

/**
 * A socket address as ausearch prints it, `{ saddr_fam=inet laddr=10.0.0.1 lport=80 }`, from the
 * hex digits `[start, end)` of a `saddr` field; latin1. It is a struct sockaddr of a little-endian
 * machine, as ausearch takes it.
 */
export function sockaddrText(
  buf: Buffer,
  start: number,
  end: number,
  interfaceName?: InterfaceName,
): string {
  const hex = hexEnd(buf, start, end);
  if (hex - start < 2) return `malformed-host(${buf.toString("latin1", start, end)})`;
  const address = Buffer.alloc(Math.max(IN6_SIZE, Math.ceil((hex - start) / 2)));
  for (let i = 0; start + 2 * i < hex; i++) {
    const low = start + 2 * i + 1 < hex ? hexDigit(buf[start + 2 * i + 1] as number) : 0;
    address[i] = hexDigit(buf[start + 2 * i] as number) * 16 + low;
  }
  const number = address.readUInt16LE(0);
  const family = valueName("family", number);
  if (family === undefined) return `unknown-family(${number})`;
  const size = (end - start) >> 1;
  const text = `{ saddr_fam=${family} ${addressText(number, address, size, interfaceName)} }`;
  // Only a call sign may hold a NUL, which ends the text.
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

function addressText(
  family: number,
  address: Buffer,
  size: number,
  interfaceName: InterfaceName | undefined,
): string {
  switch (family) {
    case AF_LOCAL:
      if (size < 4) return "sockaddr len too short";
      return `path=${cString(address, address[2] === 0 ? 3 : 2, PATH_SIZE)}`;
    case AF_INET:
      if (size < IN_SIZE) return "sockaddr len too short";
      return `laddr=${inetText(address, 4)} lport=${address.readUInt16BE(2)}`;
    case AF_AX25:
      return `call=${address.toString("latin1", 2, 9)}`;
    case AF_ATMPVC:
      return `int=${address.readInt16LE(4)}`;
    case AF_X25:
      return `laddr=${cString(address, 2, 15)}`;
    case AF_INET6: {
      if (size < IN6_SIZE) return "sockaddr6 len too short";
      const host = `${inet6Text(address, 8)}${scopeText(address, interfaceName)}`;
      return `laddr=${host} lport=${address.readUInt16BE(2)}`;
    }
    case AF_NETLINK:
      if (size < NL_SIZE) return "len too short";
      return `nlnk-fam=${address.readUInt16LE(0)} nlnk-pid=${address.readUInt32LE(4)}`;
    default:
      return "(unsupported)";
  }
}

/** The text up to the first NUL, at most `size` bytes. */
function cString(bytes: Buffer, start: number, size: number): string {
  const end = Math.min(bytes.length, start + size);
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  return bytes.toString("latin1", start, at);
}

function inetText(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

/** An IPv6 address as inet_ntop(3) prints it. */
function inet6Text(bytes: Buffer, at: number): string {
  const words: number[] = [];
  for (let i = 0; i < 8; i++) words.push(bytes.readUInt16BE(at + 2 * i));
  let best = 0;
  let length = 0;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > length) [best, length] = [i, end - i];
  }
  if (length < 2) return words.map((word) => word.toString(16)).join(":");
  const head = words.slice(0, best).map((word) => word.toString(16));
  const tail = words.slice(best + length).map((word) => word.toString(16));
  const mapped = best === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  if (mapped) tail.splice(-2, 2, inetText(bytes, at + 12));
  return `${head.join(":")}::${tail.join(":")}`;
}

/** `%eth0` behind an address that has a scope: a name for a link-local one, else a number. */
function scopeText(address: Buffer, interfaceName: InterfaceName | undefined): string {
  const scope = address.readUInt32LE(24);
  if (scope === 0) return "";
  const local = address[8] === 0xfe && ((address[9] as number) & 0xc0) === 0x80;
  const multicast = address[8] === 0xff && ((address[9] as number) & 0x0f) === 2;
  const name = local || multicast ? interfaceName?.(scope) : undefined;
  return `%${name ?? scope}`;
}
