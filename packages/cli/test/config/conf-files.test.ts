import t from "tap";
import { ConfFiles } from "../../src/config/conf-files.ts";
import { fakeIo } from "../fake-io.ts";

t.test("the auditd.conf of an instance that began with one is read again", async (t) => {
  const folder = t.testdir({
    one: "max_log_file = 3\nspace_left = 75\nadmin_space_left = 50\n",
    two: "max_log_file = 4\nspace_left = 75\nadmin_space_left = 50\n",
    bad: "freq = x\n",
  });
  const io = fakeIo();
  const files = new ConfFiles(new Map([["web", `${folder}/one`]]), io.log);
  const sizes: unknown[] = [];
  const instance = (name: string, hasConf: boolean) => ({
    ...{ name, hasConf },
    reload: async (conf?: { readonly max_log_file: number }) =>
      void sizes.push(conf?.max_log_file ?? "refused"),
  });
  await files.reload(instance("web", true));
  await files.reload(instance("web", false));
  await files.reload(instance("db", true));
  files.use(new Map([["web", `${folder}/two`]]));
  await files.reload(instance("web", true));
  files.use(new Map([["web", `${folder}/bad`]]));
  await files.reload(instance("web", true));
  t.same(sizes, [3, 4, "refused"]);
  t.match(io.logged, ["error: Value x should only be numbers - line 1"]);
  t.ok(files.has({ name: "web", hasConf: true }));
  t.notOk(files.has({ name: "web", hasConf: false }));
});
