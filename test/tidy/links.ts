// Checks of Markdown: relative links lead to a file, and to a heading where they name one.
import path from "node:path";
import type { TreeFile } from "./tree.ts";

/** Relative links of Markdown files that lead nowhere. */
export function brokenLinks(files: readonly TreeFile[]): string[] {
  const places = new Set(files.flatMap((target) => withFolders(target.path)));
  const texts = new Map(files.map((target) => [target.path, target.text]));
  return files
    .filter((page) => page.path.endsWith(".md"))
    .flatMap((page) =>
      linksOf(page.text)
        .filter((link) => !leadsSomewhere(page.path, link, places, texts))
        .map((link) => `${page.path}: ${link}`),
    );
}

function withFolders(file: string): string[] {
  const parts = file.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Targets of inline links, images and reference definitions, code left out. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "").replaceAll(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const defined = [...prose.matchAll(/^\s*\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...defined]
    .map((match) => match[1] ?? "")
    .filter((link) => !/^([a-z][a-z+.-]*:|\/\/)/i.test(link));
}

function leadsSomewhere(
  from: string,
  link: string,
  places: ReadonlySet<string>,
  texts: ReadonlyMap<string, string>,
): boolean {
  const [file = "", heading] = decodeURI(link).split("#", 2);
  const target =
    file === "" ? from : path.posix.join(path.posix.dirname(from), file).replace(/\/$/, "");
  if (target !== "." && !places.has(target)) {
    return false;
  }
  const isPage = target.endsWith(".md") && heading !== undefined && heading !== "";
  return !isPage || anchorsOf(texts.get(target) ?? "").has(heading);
}

/** The anchors that a page's headings get, as GitHub makes them, and those set by hand. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const prose = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "");
  for (const [, title = ""] of prose.matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const plain = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) {
      anchor = `${slug}-${n}`;
    }
    anchors.add(anchor);
  }
  for (const [, name = ""] of text.matchAll(/<a\s+(?:name|id)="([^"]+)"/g)) {
    anchors.add(name);
  }
  return anchors;
}
