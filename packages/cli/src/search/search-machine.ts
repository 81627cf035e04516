import { readFileSync } from "node:fs";
import type { PasswordLookup, SearchMachine } from "@cauditd/auparse/search";
import { machineArch, machineNames } from "../node/machine.ts";
import { localClock } from "./local-clock.ts";

/** This machine, for the names in a search's arguments. */
export function searchMachine(): SearchMachine {
  const names = machineNames();
  return { clock: localClock, arch: machineArch(), uid: names.uid, gid: names.gid };
}

/** Names of this machine's users, from its passwd file, read when the first one is asked for. */
export function userNames(path = "/etc/passwd"): PasswordLookup {
  let names: Map<number, string> | undefined;
  return (uid) => {
    names ??= readNames(path);
    return names.get(uid);
  };
}

function readNames(path: string): Map<number, string> {
  const names = new Map<number, string>();
  let text = "";
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return names;
  }
  for (const line of text.split("\n")) {
    const [name, , uid] = line.split(":");
    if (name === undefined || uid === undefined || !/^\d+$/.test(uid)) continue;
    if (!names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}
