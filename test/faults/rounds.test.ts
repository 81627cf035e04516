// Real processes over a real NATS server, killed, stopped and cut off: the logs are as without.
import { cpSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditd } from "../support/cauditd.ts";
import { CONTAINERS, logBytes } from "../support/corpus.ts";
import { countsOf, planOf, textOf } from "./rounds/plan.ts";
import { round, STORE } from "./rounds/round.ts";

const ROUNDS = Number(process.env["CAUDITD_FAULT_ROUNDS"] ?? 2);
/** Two rounds are always the same ones; a long run draws its own. */
const DRAWN = ROUNDS > 2 ? Date.now() % 1_000_000 : 109;
const SEED = Number(process.env["CAUDITD_FAULT_SEED"] ?? DRAWN);
/** Lines of the recorded log that a round sends through. */
const LINES = 36_000;
const ROUND_MS = 120_000;

t.setTimeout(ROUNDS * ROUND_MS);

t.test("a hundred rounds have every fault", async (t) => {
  const seeds = Array.from({ length: 100 }, (_, i) => SEED + i);
  const counts = Object.values(countsOf(seeds.map(planOf)));
  t.ok(Math.min(...counts) >= 5, `${Math.min(...counts)} of the one that is drawn least`);
});

t.test(`${ROUNDS} rounds of faults, seed ${SEED}`, async (t) => {
  const folder = t.testdir({ rounds: {} });
  const source = join(folder, "source.log");
  const lines = logBytes().toString("latin1").split("\n").slice(0, LINES);
  writeFileSync(source, `${lines.join("\n")}\n`, "latin1");
  const reference = join(folder, "reference");
  const made = await cauditd(t, ["replay", source, "--containers", CONTAINERS, "--out", reference]);
  t.equal(made.code, 0);
  const seeds = Array.from({ length: ROUNDS }, (_, i) => SEED + i);
  t.comment(`faults: ${JSON.stringify(countsOf(seeds.map(planOf)))}`);
  for (const seed of seeds) {
    await t.test(`seed ${seed}`, async (t) => {
      t.comment(textOf(planOf(seed)));
      const server = await startNatsServer(t, { config: STORE });
      const site = { server, folder: join(folder, "rounds"), source, reference };
      const late = pause(ROUND_MS, "it does not end", { ref: false });
      const wrong = await Promise.race([round(t, site, seed), late]);
      if (wrong !== undefined) {
        const kept = mkdtempSync(join(tmpdir(), `cauditd-round-${seed}-`));
        // A folder's locks are sockets, which no copy is made of.
        const filter = (path: string): boolean => !lstatSync(path).isSocket();
        cpSync(join(site.folder, String(seed)), kept, { recursive: true, filter });
        t.comment(`everything that it wrote is kept in ${kept}`);
      }
      t.equal(wrong, undefined);
    });
    rmSync(join(folder, "rounds", String(seed)), { recursive: true, force: true });
  }
});
