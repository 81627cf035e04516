import {
  addressFamily,
  comparePair,
  comparePairNames,
  FieldNumber,
  fieldName,
  fieldNumber,
  operatorSymbol,
  RuleOperator,
} from "@cauditd/libaudit";
import t from "tap";

t.test(
  "a field is known by its name in any letter case and printed by its first name",
  async (t) => {
    t.equal(fieldNumber("auid"), FieldNumber.LOGINUID);
    t.equal(fieldNumber("LoginUID"), FieldNumber.LOGINUID);
    t.equal(fieldName(FieldNumber.LOGINUID), "auid");
    t.equal(fieldNumber("constructor"), undefined);
  },
);

t.test("every field but loginuid_set has a name", async (t) => {
  for (const number of Object.values(FieldNumber)) {
    const name = fieldName(number);
    if (number === FieldNumber.LOGINUID_SET) t.equal(name, undefined);
    else t.equal(fieldNumber(name ?? ""), number, `${name}`);
  }
});

t.test("every operator has a symbol of its own", async (t) => {
  const symbols = Object.values(RuleOperator).map(operatorSymbol);
  t.same([...symbols].sort(), ["!=", "&", "&=", "<", "<=", "=", ">", ">="]);
  t.equal(operatorSymbol(0), "");
});

t.test("AUD-43: the 25 pairs are found in both orders", async (t) => {
  for (let pair = 1; pair <= 25; pair++) {
    const [left, right] = (comparePairNames(pair) ?? []).map((name) => fieldNumber(name) ?? -1);
    t.equal(comparePair(left ?? -1, right ?? -1), pair);
    t.equal(comparePair(right ?? -1, left ?? -1), pair);
  }
  t.equal(comparePairNames(0), undefined);
  t.equal(comparePairNames(26), undefined);
  t.equal(comparePair(FieldNumber.UID, FieldNumber.GID), undefined);
  t.equal(comparePair(FieldNumber.UID, FieldNumber.UID), undefined);
});

t.test("address families have the names of SOCKADDR records", async (t) => {
  t.equal(addressFamily("inet6"), 10);
  t.equal(addressFamily("ipv6"), undefined);
});
