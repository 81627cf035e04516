import type { TimeTexts } from "@cauditd/auparse";

/** The C locale in UTC, as the outputs were recorded. */
export const UTC: TimeTexts = {
  stamp(sec) {
    const [date = "", time = ""] = new Date(sec * 1000).toISOString().split("T");
    return `${date.slice(5, 7)}/${date.slice(8)}/${date.slice(2, 4)} ${time.slice(0, 8)}`;
  },
  ctime(sec) {
    const [day = "", date = "", month = "", year, time] = new Date(sec * 1000)
      .toUTCString()
      .split(" ");
    return `${day.slice(0, 3)} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`;
  },
};
