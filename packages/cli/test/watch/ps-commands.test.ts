import { Command } from "commander";
import t from "tap";
import { psCommands } from "../../src/watch/ps-commands.ts";
import { fakeIo } from "../fake-io.ts";

t.test("times and numbers that are none are wrong usage", async (t) => {
  for (const wrong of [
    ["top", "--interval", "0"],
    ["top", "--interval", "x"],
    ["top", "--interval", "3601"],
    ["top", "--count", "0"],
    ["top", "--count", "1.5"],
    ["ps", "--count", "1"],
    ["ps", "more"],
  ]) {
    const io = fakeIo();
    const program = new Command("cauditd").exitOverride().configureOutput({ writeErr: io.err });
    psCommands(program, io, () => t.fail("it must not run"));
    for (const command of program.commands)
      command.exitOverride().configureOutput({ writeErr: io.err });
    await t.rejects(
      program.parseAsync(wrong, { from: "user" }),
      { code: /^commander\./ },
      wrong.join(" "),
    );
  }
});
