import t from "tap";
import { inet4Text, inet6Text } from "../../src/search/inet.ts";

const bytes = (hex: string): string => Buffer.from(hex, "hex").toString("latin1");

t.test("addresses are written as inet_ntop writes them", async (t) => {
  t.equal(inet4Text(bytes("7f000001")), "127.0.0.1");
  const cases: readonly (readonly [string, string])[] = [
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["00000000000000000000ffff0a000001", "::ffff:10.0.0.1"],
    ["0000000000000000000000000a000001", "::10.0.0.1"],
    ["20010db8000100020003000400050006", "2001:db8:1:2:3:4:5:6"],
    ["20010000000100020000000000050006", "2001:0:1:2::5:6"],
    ["20010db8000100020003000400050000", "2001:db8:1:2:3:4:5:0"],
  ];
  for (const [hex, text] of cases) t.equal(inet6Text(bytes(hex)), text);
});
