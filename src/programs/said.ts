// What other programs say about what kimg rendered for them, and where in it. Pure; must not run them.
import type { Path } from "../diagnostic.ts";
import type { JsonValue } from "../model.ts";

export interface Said {
  /** Keys and indices in the document that was judged. */
  readonly path: Path;
  readonly message: string;
  /** Set when the key itself is wrong. */
  readonly at?: "key";
}

/** `a.b[0].c`, `a.b.0.c` or `a[b.c]` as a path; a key with dots in it is found in the document itself. */
export const pathIn = (document: JsonValue, text: string): Path => {
  const path: (string | number)[] = [];
  let here: JsonValue | undefined = document;
  let rest = (text.match(/\[[^\]]*\]|[^.[\]]+/g) ?? []).map((part) => part.replace(/^\[(.*)\]$/, "$1"));
  while (rest.length > 0) {
    if (Array.isArray(here)) {
      const index = Number(rest[0]);
      path.push(index);
      here = (here as readonly JsonValue[])[index];
      rest = rest.slice(1);
      continue;
    }
    const map = (typeof here === "object" && here !== null ? here : {}) as Readonly<Record<string, JsonValue>>;
    const length = rest.findLastIndex((_, index) => Object.hasOwn(map, rest.slice(0, index + 1).join("."))) + 1;
    const key = rest.slice(0, Math.max(length, 1)).join(".");
    path.push(key);
    here = map[key];
    rest = rest.slice(Math.max(length, 1));
  }
  return path;
};

const longest = 300;

export const shortened = (text: string): string => (text.length > longest ? `${text.slice(0, longest)} …` : text);

/** Several complaints about one place are one: a schema with alternatives complains about each. */
export const onePerPlace = (said: readonly Said[]): readonly Said[] => {
  const places = new Map<string, Said>();
  for (const each of said) {
    const key = JSON.stringify(each.path);
    const before = places.get(key);
    places.set(key, before === undefined ? each : { ...before, message: `${before.message}; ${each.message}` });
  }
  return [...places.values()].map(({ message, ...rest }) => ({ ...rest, message: shortened(message) }));
};
