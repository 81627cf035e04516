import { Command } from "commander";
import t from "tap";
import { loadCommand } from "../../src/load/load-command.ts";
import { fakeIo } from "../fake-io.ts";

function parse(...args: string[]): Promise<unknown> {
  const program = new Command("cauditd").exitOverride().configureOutput({ writeErr: () => {} });
  loadCommand(program, fakeIo(), () => undefined);
  return program.parseAsync(["load", ...args], { from: "user" });
}

t.test("numbers out of range, and options that exclude each other, are refused", async (t) => {
  const wrong = [
    ["--rate", "0"],
    ["--rate", "1000001"],
    ["--seed", "-1"],
    ["--for", "0"],
    ["--wait", "x"],
    ["--config", "a", "--containers", "b"],
  ];
  for (const args of wrong) await t.rejects(parse(...args), Error, args.join(" "));
});

t.test("what is missing is told", async (t) => {
  await t.rejects(parse(), /--config or --containers.*--to.*--logs or --nats/s);
});
