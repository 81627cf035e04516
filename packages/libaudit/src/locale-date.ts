// How a locale writes a date: strftime's %x of glibc.
import { DATE_FORMATS } from "./tables/dates.generated.ts";

const C_FORMAT = "%m/%d/%y";

let formats: Map<string, string> | undefined;

function formatOf(locale: string): string {
  if (formats === undefined) {
    formats = new Map();
    for (const [format, locales] of DATE_FORMATS) {
      for (const name of locales.trim().split(/\s+/)) formats.set(name, format);
    }
  }
  // A codeset says nothing about the format: en_US.UTF-8, sr_RS.UTF-8@latin.
  const name = locale.replace(/\.[^@]*/, "");
  return formats.get(name) ?? formats.get(name.replace(/@.*/, "")) ?? C_FORMAT;
}

/** The locale of times: the first of these variables that is set, else `C` (setlocale(3)). */
export function timeLocale(environment: Readonly<Record<string, string | undefined>>): string {
  for (const name of ["LC_ALL", "LC_TIME", "LANG"]) {
    const value = environment[name];
    if (value !== undefined && value !== "") return value;
  }
  return "C";
}

function two(number: number): string {
  return String(number % 100).padStart(2, "0");
}

/**
 * A date as strftime's %x writes it in a locale, `11/25/26` in C and `25.11.2026` in de_DE. A
 * locale that is not known, or that puts names of days or months into its dates, is like C.
 * @param month 1 to 12
 */
export function localeDate(locale: string, year: number, month: number, day: number): string {
  return formatOf(locale).replace(/%(-?[dmyYeF])/g, (_, part: string) => {
    switch (part) {
      case "d":
        return two(day);
      case "-d":
        return String(day);
      case "e":
        return String(day).padStart(2);
      case "m":
        return two(month);
      case "-m":
        return String(month);
      case "y":
        return two(year);
      case "F":
        return `${year}-${two(month)}-${two(day)}`;
      default:
        return String(year);
    }
  });
}
