// -a, -A and -d: the list and action of a rule, in either order.
import type { RuleAction, RuleList } from "./rule.ts";
import { type RuleDraft, ruleListOf } from "./rule-draft.ts";

/** What became of a list and action. `ignored`: an action that is no longer in use, exit code 0. */
export type PlaceResult =
  | { readonly kind: "ok" }
  | { readonly kind: "refused" | "ignored"; readonly text: string };

const TITLES = { a: "Append", A: "Add", d: "Delete" } as const;
const MULTIPLE = "Multiple rule insert/delete operations are not allowed";

type Lookup = "ok" | "possible" | "bad";

function lookUpAction(draft: RuleDraft, word: string): Lookup {
  if (word === "possible") return "possible";
  if (word !== "always" && word !== "never") return "bad";
  draft.action = word satisfies RuleAction;
  return "ok";
}

/** Reads `always,exit` or `exit,always`; a list that is set already is kept (-w before). */
function setUp(draft: RuleDraft, option: "a" | "A" | "d", value: string): Lookup {
  const words = value.split(",");
  const [first = "", second = ""] = words;
  if (words.length !== 2) return "bad";
  const field = option === "d" ? "remove" : "add";
  if (lookUpAction(draft, first) === "bad") {
    const list = ruleListOf(first);
    if (list === undefined) return "bad";
    draft[field] = noteList(draft, list);
  }
  if (draft[field] === undefined) {
    const list = ruleListOf(second);
    if (list !== undefined) draft[field] = noteList(draft, list);
  } else {
    const action = lookUpAction(draft, second);
    if (action !== "ok") return action;
  }
  return draft[field] === undefined || draft.action === undefined ? "bad" : "ok";
}

function noteList(draft: RuleDraft, list: RuleList): RuleList {
  if (list === "exclude") draft.excludes = true;
  return list;
}

/**
 * Sets list and action of a rule from the value of -a, -A or -d. `possible` after a list is
 * deprecated and sends nothing (AUD-12), before it it is a bad keyword.
 */
export function setPlace(draft: RuleDraft, option: "a" | "A" | "d", value: string): PlaceResult {
  if (option !== "d" && value.includes("task") && draft.hasSyscalls) {
    const start = option === "a" ? "Syscall" : "Error: syscall";
    return { kind: "refused", text: `${start} auditing requested for task list` };
  }
  if (draft.placed) {
    return { kind: "refused", text: option === "a" ? `${MULTIPLE}\n` : MULTIPLE };
  }
  draft.placed = true;
  switch (setUp(draft, option, value)) {
    case "bad":
      return { kind: "refused", text: `${TITLES[option]} rule - bad keyword ${value}` };
    case "possible": {
      const title = option === "d" ? "Delete" : "Append";
      return { kind: "ignored", text: `${title} rule - possible is deprecated` };
    }
    default:
      if (option === "A") draft.prepend = true;
      return { kind: "ok" };
  }
}
