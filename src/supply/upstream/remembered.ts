// What upstream's names stood for when they were first asked: so that the next build needs no network and gets the same, until
// `kimg build --refresh`.
import { join } from "node:path";
import type { JsonValue } from "../../model.ts";
import { archiveGeneration } from "../../tools/archive.ts";
import type { Access } from "./access.ts";

/** The answer to `question` about `url`, from the cache or else from `ask`. A mirror's answers are not taken for upstream's. */
export const remembered = async <T>(
  { io, cache, at }: Access,
  url: string,
  question: Readonly<Record<string, JsonValue>>,
  ask: () => Promise<T>,
): Promise<T> => {
  const generation = await archiveGeneration(io, cache);
  const input = { generation, url: at(url), ...question };
  const { folder } = await cache.entry({ kind: "upstream-answer", name: url }, input, async (made) =>
    io.files.write(join(made, "answer.json"), JSON.stringify(await ask())),
  );
  return JSON.parse(await io.files.readText(join(folder, "answer.json"))) as T;
};
