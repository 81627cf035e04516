/**
 * What tasks run and open. The odd names are on purpose: blanks, quotes, control characters and
 * UTF-8 make the kernel print hex.
 */

import { execveBodies, noFileCaps } from "./records.ts";
import { byteText, commText, proctitleText, untrusted } from "./untrusted.ts";

/** Programs that do more than the usual calls; see activities.ts. */
export type Role = "sshd" | "sudo" | "auditctl" | "dockerd" | "systemd" | "iptables";

/** A command line, with everything printed beforehand that EXECVE and later records need. */
export interface Program {
  /** Byte text, at most 15 bytes. */
  readonly comm: string;
  /** The executable as SYSCALL prints it. */
  readonly exe: string;
  /** Name of the file that execve was given, as PATH prints it. */
  readonly file: string;
  /** Bodies of its EXECVE records. */
  readonly execve: readonly string[];
  readonly proctitle: string;
  /** Printed capability fields of the file. */
  readonly caps: string;
  readonly role: Role | undefined;
}

/** A file that tasks open, with its printed name. */
export interface FileEntry {
  /** As PATH prints it. */
  readonly name: string;
  /** Its directory as PATH prints it for a PARENT; undefined = the working directory. */
  readonly parent: string | undefined;
  /** Offset to the inode number of the container's root. */
  readonly inode: number;
  /** As %#ho prints it. */
  readonly mode: string;
}

interface ProgramSpec {
  file: string;
  exe?: string;
  argv: readonly string[];
  caps?: string;
  role?: Role;
}

function program(spec: ProgramSpec): Program {
  const argv = spec.argv.map(byteText);
  const file = byteText(spec.file);
  return {
    comm: commText(file.slice(file.lastIndexOf("/") + 1)),
    exe: untrusted(byteText(spec.exe ?? spec.file)),
    file: untrusted(file),
    execve: execveBodies(argv),
    proctitle: proctitleText(argv),
    caps: spec.caps ?? noFileCaps,
    role: spec.role,
  };
}

const busybox = "/bin/busybox";
const bulk = Array.from({ length: 240 }, (_, i) => `/srv/in box/part-${i}.dat`);
const script = `set -e\n${"printf '%s' \"$item\"; ".repeat(150)}`;

/** Command lines of containers. */
export const containerPrograms: readonly Program[] = [
  { file: "/usr/bin/python3.11", argv: ["python3", "worker.py", "--queue", "mail in"] },
  { file: "/usr/sbin/nginx", argv: ["nginx: worker process"] },
  { file: "/usr/local/bin/node", argv: ["node", "server.js"] },
  { file: "/bin/ls", exe: busybox, argv: ["ls", "-l", "/tmp"] },
  { file: "/bin/cat", exe: busybox, argv: ["cat", "/etc/hostname"] },
  { file: "/bin/sh", exe: busybox, argv: ["sh", "-c", 'echo "done: $?"; sleep 1'] },
  { file: "/bin/date", exe: busybox, argv: ["date"] },
  { file: "/usr/bin/curl", argv: ["curl", "-sS", "https://registry.example/v2/"] },
  { file: "/usr/bin/psql", argv: ["psql", "-c", "select 1", "dbname=orders user=app"] },
  { file: "/opt/My App/run me", argv: ["run me", "", "--fast"] },
  { file: "/usr/local/bin/müllabfuhr", argv: ["müllabfuhr", "--größe", "3"] },
  { file: "/usr/local/bin/наблюдатель", argv: ["наблюдатель"] },
  { file: '/tmp/say"hi"', argv: ['say"hi"', "\u0007", "tab\there"] },
  { file: "/usr/bin/tar", argv: ["tar", "-cf", "/backup/all.tar", ...bulk] },
  { file: "/bin/sh", exe: busybox, argv: ["sh", "-c", script] },
  { file: "/bin/run-service-with-a-long-name", argv: ["run-service-with-a-long-name"] },
  {
    file: "/usr/bin/ping",
    argv: ["ping", "-c1", "192.0.2.1"],
    caps: "cap_fp=0000000000002000 cap_fi=0 cap_fe=1 cap_fver=2 cap_frootid=0",
  },
  { file: "/usr/bin/sudo", argv: ["sudo", "-u", "app", "id"], role: "sudo" as const },
].map(program);

/** Command lines of the host outside containers. */
export const hostPrograms: readonly Program[] = [
  { file: "/usr/bin/bash", argv: ["-bash"] },
  { file: "/usr/bin/ps", argv: ["ps", "aux"] },
  { file: "/usr/bin/apt-get", argv: ["apt-get", "-qq", "update"] },
  { file: "/usr/sbin/logrotate", argv: ["logrotate", "/etc/logrotate.conf"] },
  { file: "/usr/bin/vim", argv: ["vim", "/etc/audit/rules.d/my rules.rules"] },
  { file: "/usr/bin/sudo", argv: ["sudo", "ls", "-l", "/root"], role: "sudo" as const },
  {
    file: "/usr/sbin/auditctl",
    argv: ["auditctl", "-a", "always,exit", "-S", "all", "-k", "tenant"],
    role: "auditctl" as const,
  },
  {
    file: "/usr/sbin/iptables",
    exe: "/usr/sbin/xtables-nft-multi",
    argv: ["iptables", "-A", "DOCKER", "-j", "ACCEPT"],
    role: "iptables" as const,
  },
].map(program);

/** pid 1 of the host. */
export const systemd: Program = program({
  file: "/usr/lib/systemd/systemd",
  argv: ["/sbin/init", "splash"],
  role: "systemd",
});

/** Daemons of the host that run all the time. */
export const daemons: readonly Program[] = [
  { file: "/usr/sbin/sshd", argv: ["sshd: /usr/sbin/sshd -D"], role: "sshd" as const },
  { file: "/usr/sbin/dockerd", argv: ["dockerd", "-H", "fd://"], role: "dockerd" as const },
  { file: "/usr/bin/containerd", argv: ["containerd"] },
  { file: "/usr/sbin/cron", argv: ["/usr/sbin/cron", "-f"] },
].map(program);

/** The task outside a container that is the parent of its init. */
export const shim: Program = program({
  file: "/usr/bin/containerd-shim-runc-v2",
  argv: ["/usr/bin/containerd-shim-runc-v2", "-namespace", "moby"],
});

/** pid 1 of a container. */
export const containerInit: Program = program({
  file: "/sbin/tini",
  argv: ["tini", "--", "/app/entry point.sh"],
});

/** Names that PR_SET_NAME sets; the cut at 15 bytes may fall into the middle of a letter. */
export const threadNames: readonly string[] = [
  "worker-1",
  "Web Content",
  "pool 3/io",
  'q"uote',
  "потребитель",
  "a\nb",
  "",
].map((name) => commText(byteText(name)));

/** Files to open and change. */
export const files: readonly FileEntry[] = [
  ["/etc/passwd", "0100644"],
  ["/etc/shadow", "0100640"],
  ["/etc/ssl/certs/ca-certificates.crt", "0100644"],
  ["/usr/lib/x86_64-linux-gnu/libc.so.6", "0100755"],
  ["/proc/self/status", "0100444"],
  ["/dev/null", "020666"],
  ["/var/lib/app/state.db", "0100600"],
  ["/var/log/app/access.log", "0100644"],
  ["/srv/in box/letter one.txt", "0100644"],
  ["/srv/données/relevé.csv", "0100644"],
  ["/srv/日本語/メモ.txt", "0100644"],
  ['/tmp/quo"ted', "0100600"],
  ["/tmp/line\nfeed", "0100600"],
  [`/var/cache/${"deep/".repeat(40)}end`, "0100644"],
  ["config.yaml", "0100644"],
].map(([name = "", mode = ""], index) => {
  const bytes = byteText(name);
  const directory = bytes.slice(0, bytes.lastIndexOf("/") + 1);
  return {
    name: untrusted(bytes),
    parent: directory === "" ? undefined : untrusted(directory),
    inode: 100 + index,
    mode,
  };
});
