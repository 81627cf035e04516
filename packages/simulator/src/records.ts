/** Bodies of records that need more than a template. */

import { hexText, needsHex, untrusted } from "./untrusted.ts";

/** MAX_EXECVE_AUDIT_LEN: text of arguments that one EXECVE record takes. */
const EXECVE_BUDGET = 7500;

/** Room kept for the name of an argument (` a17_len=123456 a17[0]=`). */
const EXECVE_NAME_ROOM = 96;

/** With less room than this left, the next argument goes into a new record. */
const EXECVE_LEAST_ROOM = 104;

/**
 * The EXECVE records of an argument list (audit_log_execve_info; AUD 4.4).
 *
 * @param argv byte text. Arguments of 7500 bytes and more are always hex, as they are there.
 * @returns one body per record. Only the first has argc; the next ones begin with a blank, since
 * the kernel puts one before every argument.
 */
export function execveBodies(argv: readonly string[]): string[] {
  const bodies: string[] = [];
  let body = `argc=${argv.length}`;
  let room = EXECVE_BUDGET;
  argv.forEach((argument, index) => {
    const hex = needsHex(argument) || argument.length >= EXECVE_BUDGET;
    const length = hex ? argument.length * 2 : argument.length;
    let at = 0;
    let piece = 0;
    do {
      if (room < EXECVE_LEAST_ROOM) {
        bodies.push(body);
        body = "";
        room = EXECVE_BUDGET;
      }
      const rest = argument.length - at;
      const whole = hex ? rest * 2 : rest + 2;
      let name = ` a${index}=`;
      if (piece > 0 || whole + EXECVE_NAME_ROOM > room) {
        name = ` a${index}[${piece}]=`;
        if (piece === 0) name = ` a${index}_len=${length}${name}`;
      }
      room -= name.length;
      const take = whole > room ? (hex ? room >> 1 : room - 2) : rest;
      const part = argument.slice(at, at + take);
      const value = hex ? hexText(part) : `"${part}"`;
      body += name + value;
      room -= value.length;
      at += take;
      piece += 1;
    } while (at < argument.length);
  });
  bodies.push(body);
  return bodies;
}

/** @returns `saddr=` of an IPv4 address: sockaddr_in of x86_64, 16 bytes. */
export function inetAddress(a: number, b: number, c: number, d: number, port: number): string {
  const bytes = [2, 0, port >> 8, port & 255, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0];
  return `saddr=${hexText(String.fromCharCode(...bytes))}`;
}

/**
 * @param groups the eight 16-bit groups of the address.
 * @returns `saddr=` of an IPv6 address: sockaddr_in6 of x86_64, 28 bytes.
 */
export function inet6Address(groups: readonly number[], port: number): string {
  const address = groups.flatMap((group) => [group >> 8, group & 255]);
  const bytes = [10, 0, port >> 8, port & 255, 0, 0, 0, 0, ...address, 0, 0, 0, 0];
  return `saddr=${hexText(String.fromCharCode(...bytes))}`;
}

/** @returns `saddr=` of a unix socket: family, path, one NUL. */
export function unixAddress(path: string): string {
  return `saddr=0100${hexText(path)}00`;
}

/** `saddr=` of the kernel's end of a netlink socket: sockaddr_nl, 12 bytes. */
export const netlinkAddress = "saddr=100000000000000000000000";

/** Capability fields of a file without capabilities. */
export const noFileCaps = "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0";

/**
 * A PATH body with an inode (AUD 4.4).
 *
 * @param name as it is printed: quoted, hex or (null).
 * @param mode as %#ho prints it.
 */
export function pathBody(
  item: number,
  name: string,
  inode: string,
  mode: string,
  owner: number,
  nametype: string,
  caps: string = noFileCaps,
): string {
  return (
    `item=${item} name=${name} ${inode} mode=${mode} ouid=${owner} ogid=0 rdev=00:00 ` +
    `nametype=${nametype} ${caps}`
  );
}

/** @returns the body of CWD. */
export function cwdBody(directory: string): string {
  return `cwd=${untrusted(directory)}`;
}
