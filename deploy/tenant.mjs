// Prints the NATS account of a tenant, for deploy/tenants/NAME.conf:
//
//   node deploy/tenant.mjs NAME CONTID [HOST] > deploy/tenants/NAME.conf
//
// NAME is the tenant's principal, CONTID its container, HOST the cauditd host (default: node1).
import process from "node:process";

const WORD = /^[A-Za-z0-9_-]{1,32}$/;
const [name = "", contid = "", host = "node1"] = process.argv.slice(2);
if (!WORD.test(name) || !/^[0-9]{1,20}$/.test(contid) || !WORD.test(host)) {
  process.stderr.write("usage: node deploy/tenant.mjs NAME CONTID [HOST]\n");
  process.exit(2);
}
const stream = `CAUDITD_${host}_${contid}`;
const control = `cauditd.${host}.ctl.${name}`;
const subjects = [
  `${control}.*`,
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.CONSUMER.INFO.${stream}.*`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  `$JS.ACK.${stream}.>`,
];
const imports = subjects.map((subject) => {
  return `      { service: { account: CAUDITD, subject: "${subject}" } }`;
});
process.stdout.write(`# Tenant ${name}: container ${contid} of host ${host}.
# Made by: node deploy/tenant.mjs ${[name, contid, ...process.argv.slice(4)].join(" ")}
  TENANT_${name} {
    limits { max_connections: 16, max_subscriptions: 256, max_payload: 1MB }
    imports: [
${imports.join("\n")}
      # Says nothing. Where this subject is taken up, the server leaves the rest of $JS.API to the
      # lines above; else it would answer that this account has no JetStream.
      { service: { account: CAUDITD, subject: "${control}.none" }, to: "$JS.API.INFO" }
    ]
    # The dispatcher sees what is asked, and where the answer is to go: nats-server.conf imports it.
    exports: [{ stream: ">", accounts: [CAUDITD] }]
    users: [
      {
        nkey: $CAUDITD_${name.toUpperCase().replaceAll("-", "_")}_NKEY
        permissions: {
          publish: [
${subjects.map((subject) => `            "${subject}"`).join("\n")}
          ]
          subscribe: ["_INBOX_${name}.>"]
        }
      }
    ]
  }
`);
