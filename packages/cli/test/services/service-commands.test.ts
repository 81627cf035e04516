import { Command } from "commander";
import t from "tap";
import { serviceCommands } from "../../src/services/service-commands.ts";
import { fakeIo } from "../fake-io.ts";

t.test("a worker's name is one word", async (t) => {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  serviceCommands(program, fakeIo(), () => undefined);
  const named = (name: string) => program.parseAsync(["auditd", "--name", name], { from: "user" });
  await t.rejects(named("a_b"), { code: "commander.invalidArgument" });
});
