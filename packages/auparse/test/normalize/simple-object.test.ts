import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { configObject, simpleObject } from "../../src/normalize/simple-object.ts";
import { part, working } from "./events.ts";

function objectOf(record: string): (string | undefined)[] {
  const work = working([record]);
  const type = record.split(" ")[0] as keyof typeof RecordType;
  simpleObject(work, RecordType[type]);
  return [part(work, "object"), part(work, "objectDetail"), part(work, "object2")].concat(
    work.form.objectKind,
  );
}

t.test("what an event of one record is about depends on its type", async (t) => {
  t.same(objectOf("SERVICE_START msg='unit=sshd res=success'"), [
    "sshd",
    undefined,
    undefined,
    "service",
  ]);
  t.same(objectOf("DEL_USER msg='acct=\"joe\"'")[0], "joe", "no id: its name");
  t.same(objectOf("DEL_USER msg='id=0'")[0], "root");
  const installed = `SOFTWARE_UPDATE msg='sw="p-1" sw_type=rpm root_dir="/"'`;
  t.same(objectOf(installed), ["p-1", "rpm", "/", "software"]);
  t.same(objectOf("ROLE_MODIFY msg='op=x'")[3], "mac-config");
  t.same(objectOf("DAC_CHECK pid=1"), [undefined, undefined, undefined, "unknown"]);
});

t.test("a setting of a program is an action, not an object", async (t) => {
  const work = working(["USYS_CONFIG msg='op=changing-time'"]);
  simpleObject(work, RecordType.USYS_CONFIG);
  t.match(work.form, { action: "changing-time", object: undefined, objectKind: "system" });
});

t.test("a CONFIG_CHANGE is about the rule's key, else about the first setting", async (t) => {
  const of = (body: string): number | undefined => {
    return configObject(working([`CONFIG_CHANGE ${body}`]))?.field;
  };
  t.equal(of('audit_enabled=1 key="k"'), 2);
  t.equal(of("key=(null) audit_failure=1 audit_pid=5"), 3, "in the order of looking");
  t.equal(of("old=1"), undefined);
});
