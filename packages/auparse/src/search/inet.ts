/** An IPv4 address of four latin1 bytes as text. */
export function inet4Text(bytes: string): string {
  return Array.from(bytes, (byte) => byte.charCodeAt(0)).join(".");
}

/**
 * An IPv6 address of sixteen latin1 bytes as inet_ntop(3) writes it: the longest run of at least
 * two zero groups is left out, and an IPv4 address at the end is written with dots.
 */
export function inet6Text(bytes: string): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.charCodeAt(i) * 256 + bytes.charCodeAt(i + 1));
  const { start, size } = longestZeros(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  const mapped = start === 0 && size === 5 && groups[5] === 0xffff;
  if (start === 0 && (size === 6 || mapped)) {
    return `::${mapped ? "ffff:" : ""}${inet4Text(bytes.slice(12))}`;
  }
  if (size < 2) return hex(0, 8);
  return `${hex(0, start)}::${hex(start + size, 8)}`;
}

function longestZeros(groups: readonly number[]): { start: number; size: number } {
  const best = { start: -1, size: 0 };
  let run = 0;
  groups.forEach((group, i) => {
    run = group === 0 ? run + 1 : 0;
    if (run > best.size) {
      best.size = run;
      best.start = i + 1 - run;
    }
  });
  return best;
}
