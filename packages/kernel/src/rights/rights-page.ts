import { type Check, RIGHTS, type Verb } from "./rights-table.ts";

const HEAD = `# rights: who may do what

Generated from \`packages/kernel/src/rights/rights-table.ts\` by \`npm run rights-page\`; a test
compares them. Every request goes through the checks of its verb in this order; the first that
holds refuses it with its error. A request that none refuses is carried out.

A task is known by: whether it is in the initial user namespace and in the initial pid namespace,
its effective capabilities (which count in its own user namespace only), its capcontid, and its
chain of containers. A right over contids is always checked in the initial user namespace, so that
nothing inside a container can change its own.

The switches: \`mainline\` (off) answers as kernels do today; \`both\` (off) asks for the capability
and for capcontid outside the initial user namespace; \`strict\` (on) keeps every ancestor in a
chain.
`;

/** The page docs/reference/rights.md. */
export function rightsPage(): string {
  const parts = [HEAD];
  for (const [verb, checks] of Object.entries(RIGHTS) as [Verb, readonly Check<never>[]][]) {
    const rows = checks.map(
      ({ when, errno, source }, index) => `| ${index + 1} | ${when} | ${errno} | ${source} |`,
    );
    parts.push(
      `## ${verb}\n`,
      `| # | When | Error | Source |\n|---|---|---|---|\n${rows.join("\n")}\n`,
    );
  }
  return parts.join("\n");
}
