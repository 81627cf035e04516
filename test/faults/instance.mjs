// One instance in a process of its own, to be killed: frames come by IPC, acknowledgements go back.
import { AuditdInstance, DEFAULT_LOG_SETTINGS, InstanceLog } from "@cauditd/auditd";

const [path] = process.argv.slice(2);
const quiet = { info: () => undefined, warn: console.error, error: console.error };
const settings = {
  ...DEFAULT_LOG_SETTINGS,
  maxBytes: 16_384,
  sizeAction: "ROTATE",
  numLogs: 5,
};
const log = await InstanceLog.open(path, { settings, log: quiet });
const served = new AuditdInstance({ name: "web", scope: "4", log, told: quiet, epoch: "one" });
let deliver = () => undefined;
await served.start({
  subscribe: async (_scope, _options, onDelivery) => {
    deliver = onDelivery;
    return { close: async () => undefined, resume: () => undefined };
  },
});
process.on("message", ({ sequence, frame }) => {
  const ack = () => process.send?.({ ack: sequence });
  const place = { epoch: "one", sequence, source: undefined };
  deliver({ ...place, frame: Buffer.from(frame, "base64"), redelivered: false, ack });
});
process.send?.({ ready: true });
