import { Errno, parseRuleArguments, requestErrorText } from "@cauditd/libaudit";
import t from "tap";
import { MACHINE } from "../rule-machine.ts";

function refused(args: string, errno: number): string {
  const [command] = parseRuleArguments(args.split(" "), MACHINE).commands;
  return command === undefined ? "nothing sent" : requestErrorText(command, errno);
}

t.test("refusals of the kernel have auditctl's words", async (t) => {
  const { EEXIST, EINVAL, ENOENT, EPERM } = Errno;
  const add = "Error sending add rule data request";
  t.equal(refused("-a always,exit", EEXIST), `${add} (Rule exists)`);
  t.equal(refused("-a always,exit", EINVAL), `${add} (Invalid argument)`);
  t.equal(
    refused("-d always,exit", ENOENT),
    "Error sending delete rule data request (No such file or directory)",
  );
  t.equal(refused("-D", EPERM), "Error deleting rule (Operation not permitted)");
  t.equal(refused("-l", EPERM), "Error sending rule list data request (Operation not permitted)");
  t.equal(refused("-s", EPERM), "Error sending status request (Operation not permitted)");
  t.equal(refused("-e 1", EPERM), "Error sending enable request (Operation not permitted)");
  t.equal(refused("-f 1", EPERM), "Error sending failure mode request (Operation not permitted)");
  t.equal(
    refused("--backlog_wait_time 1", EINVAL),
    "Error sending backlog limit request (Invalid argument)",
  );
  t.match(refused("--reset-lost", EPERM), /^Error sending lost reset request/);
  t.match(refused("--reset_b", EPERM), /^Error sending backlog wait time actual reset request/);
  t.match(refused("-t", EPERM), /^Error sending trim subtrees command/);
  t.match(refused("-q /a,/b", EPERM), /^Error sending make_equivalent command/);
  t.equal(refused("-v", EPERM), "");
  t.equal(refused("-a always,exit", 4095), `${add} (Unknown error 4095)`);
});
