// Types of what the tests use of scripts/*.mjs, which are plain JavaScript.

declare module "*/scripts/child.mjs" {
  export function newSignals(now?: () => number): (name: NodeJS.Signals) => boolean;
}

declare module "*/scripts/lock.mjs" {
  export function withLock<T>(
    dir: string,
    work: () => Promise<T>,
    options?: { signal?: AbortSignal },
  ): Promise<T>;
  export function ownerName(pid: number): string;
}

declare module "*/scripts/setup.mjs" {
  export function checkNodeVersion(version?: string): void;
  export function dependencyProblem(root: string): string | null;
}

declare module "*/scripts/nats-server.mjs" {
  export function ensureNatsServer(options?: {
    root?: string;
    env?: NodeJS.ProcessEnv;
    systemDirs?: readonly string[];
    signal?: AbortSignal;
  }): Promise<string>;
}

declare module "*/scripts/tap-report.mjs" {
  export interface Counts {
    passed: number;
    failed: number;
    skipped: number;
  }
  export interface TapParser {
    write(text: string | Buffer): unknown;
    end(): unknown;
  }
  export function makeParser(root: string): Promise<TapParser>;
  export function report(parser: TapParser, print: (line: string) => void): Counts;
  export function countsText(counts: Counts): string;
}
