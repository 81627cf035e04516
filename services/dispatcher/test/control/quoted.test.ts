import t from "tap";
import { quoted } from "../../src/control/quoted.ts";

t.test("text from outside is one value, whatever is in it", async (t) => {
  t.equal(quoted("web"), '"web"');
  t.equal(quoted('a" res=1'), "6122207265733D31");
});
