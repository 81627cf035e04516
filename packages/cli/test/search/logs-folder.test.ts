import { join } from "node:path";
import t from "tap";
import { logsFolder } from "../../src/search/logs-folder.ts";

const scope = { instance: "web", logs: undefined, config: undefined, index: true, rest: [] };

t.test("the folder is the one given, else that of the configuration", async (t) => {
  const dir = t.testdir({
    "c.yaml": "logs: /srv/logs\nsource: { type: stdin }\ncontainers: []\n",
  });
  t.equal(await logsFolder({ ...scope, logs: "here" }), "here");
  t.equal(await logsFolder({ ...scope, config: join(dir, "c.yaml") }), "/srv/logs");
  await t.rejects(logsFolder({ ...scope, config: join(dir, "none.yaml") }), /no such file/);
});
