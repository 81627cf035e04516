import { sockaddrText } from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";

function address(hex: string, name?: (index: number) => string | undefined): string {
  const buf = Buffer.from(hex, "latin1");
  return sockaddrText(buf, 0, buf.length, name);
}

t.test("AUD-144: addresses of each family are printed as ausearch prints them", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["01002F72756E2F7800", "{ saddr_fam=local path=/run/x }"],
    ["010000616263", "{ saddr_fam=local path=abc }"],
    ["0100", "{ saddr_fam=local sockaddr len too short }"],
    ["02000050C0A801010000000000000000", "{ saddr_fam=inet laddr=192.168.1.1 lport=80 }"],
    ["02000050", "{ saddr_fam=inet sockaddr len too short }"],
    ["100000000000000000000000", "{ saddr_fam=netlink nlnk-fam=16 nlnk-pid=0 }"],
    ["2800", "{ saddr_fam=vsock (unsupported) }"],
    ["03004142434445464700", "{ saddr_fam=ax25 call=ABCDEFG }"],
    ["0300414200", "{ saddr_fam=ax25 call=AB"],
    ["FFFF", "unknown-family(65535)"],
    ["", "malformed-host()"],
    ["zz", "malformed-host(zz)"],
  ];
  for (const [hex, expected] of cases) t.equal(address(hex), expected, hex);
});

t.test("IPv6 addresses are shortened, and link-local ones name their interface", async (t) => {
  const inet6 = (words: string, scope = "00000000") => `0A00005000000000${words}${scope}`;
  const text = (words: string, scope?: string) => address(inet6(words, scope), () => "eth0");
  const laddr = (host: string) => `{ saddr_fam=inet6 laddr=${host} lport=80 }`;
  t.equal(text(`${"0".repeat(31)}1`), laddr("::1"));
  t.equal(text("20010DB8000000010000000000000001"), laddr("2001:db8:0:1::1"));
  t.equal(text("00000000000000000000FFFF01020304"), laddr("::ffff:1.2.3.4"));
  t.equal(text("00010002000300040005000600070008"), laddr("1:2:3:4:5:6:7:8"));
  t.equal(text("FE800000000000000000000000000001", "02000000"), laddr("fe80::1%eth0"));
  t.equal(text("20010DB8000000010000000000000001", "02000000"), laddr("2001:db8:0:1::1%2"));
  t.equal(
    address(inet6("FE800000000000000000000000000001", "02000000")),
    laddr("fe80::1%2"),
    "an index without a name is a number",
  );
});

t.test("any text gives an address without blanks in front or an error text", async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."0123456789ABCDEFz(") }), (hex) =>
      /^(\{ saddr_fam=|unknown-family\(|malformed-host\()/.test(address(hex)),
    ),
  );
  t.pass();
});
