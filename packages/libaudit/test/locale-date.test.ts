import { localeDate, timeLocale } from "@cauditd/libaudit";
import t from "tap";

t.test("a date is written as strftime's %x does in the locale", async (t) => {
  const date = (locale: string) => localeDate(locale, 2026, 3, 7);
  t.equal(date("C"), "03/07/26");
  t.equal(date("POSIX"), "03/07/26");
  t.equal(date("C.UTF-8"), "03/07/26");
  t.equal(date("en_US.UTF-8"), "03/07/2026");
  t.equal(date("en_GB"), "07/03/26");
  t.equal(date("de_DE@euro"), "07.03.2026");
  t.equal(date("cs_CZ"), "7.3.2026");
  t.equal(date("ne_NP"), "26/3/7");
  t.equal(date("bg_BG"), " 7.03.2026");
  t.equal(date("nan_TW@latin"), "2026-03-07");
  t.equal(date("ja_JP.UTF-8"), "2026年03月07日");
  t.equal(date("xx_XX"), "03/07/26");
});

t.test("the locale of times is that of the first variable that is set", async (t) => {
  t.equal(timeLocale({ LC_ALL: "C", LC_TIME: "de_DE", LANG: "en_US" }), "C");
  t.equal(timeLocale({ LC_ALL: "", LC_TIME: "de_DE", LANG: "en_US" }), "de_DE");
  t.equal(timeLocale({ LANG: "en_US" }), "en_US");
  t.equal(timeLocale({}), "C");
});
