import t from "tap";
import { Redraw } from "../../src/watch/redraw.ts";

t.test("a text is drawn over the one before, and left as it is at the end", async (t) => {
  const said: string[] = [];
  const redraw = new Redraw({ out: (text) => said.push(String(text)) });
  redraw.end();
  redraw.draw("a\nb\n");
  redraw.draw("c\n");
  redraw.draw("d\n");
  redraw.end();
  redraw.end();
  t.same(said, ["\u001b[0Ja\nb\n", "\u001b[2F\u001b[0Jc\n", "\u001b[1F\u001b[0Jd\n", "\n"]);
});
