import t from "tap";
import { Requests } from "../../src/cauditctl/requests.ts";

t.test("a listing that changes between its pages is begun again", async (t) => {
  const pages = [
    { rules: [], next: 5, version: 1 },
    { rules: [], next: null, version: 2 },
    { rules: [], next: null, version: 2 },
  ];
  const asked: unknown[] = [];
  const requests = new Requests(
    {
      request: async (verb, body) => {
        asked.push([verb, body]);
        return pages.shift() ?? { rules: [], next: asked.length, version: asked.length };
      },
    },
    "web",
    false,
  );
  t.same(await requests.rules(), []);
  t.same(asked, [
    ["rules", { scope: "web", from: 0 }],
    ["rules", { scope: "web", from: 5 }],
    ["rules", { scope: "web", from: 0 }],
  ]);
  await t.rejects(requests.rules(), { code: "EAGAIN", message: /its rules keep changing/ });
});

t.test("an answer that is no rule is refused", async (t) => {
  const page = { rules: [{ rule: "AAAA", text: "", floor: false }], next: null, version: 1 };
  const requests = new Requests({ request: async () => page }, "web", false);
  await t.rejects(requests.rules(), { code: "EBADMSG" });
});
