import { Auditd, type AuditdLog } from "@cauditd/auditd";
import t from "tap";
import { HandBus } from "./hand-bus.ts";

t.test("what is told of an instance is told by a log of its own, which names it", async (t) => {
  const lines: object[] = [];
  const log = (bindings: object): AuditdLog => {
    const say = (details: object, text: string): void => {
      lines.push({ ...bindings, ...details, text });
    };
    return { warn: say, error: say, child: (more) => log({ ...bindings, ...more }) };
  };
  const bus = new HandBus();
  const auditd = new Auditd(bus, t.testdir({}), log({ service: "auditd" }));
  const served = await auditd.serve("web", "4");
  bus.deliver(1, Buffer.from("no frame"));
  await served.reached(1);
  t.match(lines, [{ service: "auditd", instance: "web", scope: "4", text: "frame refused" }]);
  await auditd.stop();
});
