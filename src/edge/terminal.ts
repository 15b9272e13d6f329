// Questions to a person whose answers must not show.
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** Asks on the terminal without echo; undefined when there is no person to ask. */
export const hiddenQuestion = (signal: AbortSignal): ((question: string) => Promise<string>) | undefined => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
    process.stderr.write(question);
    try {
      return await lines.question("", { signal });
    } finally {
      lines.close();
      process.stderr.write("\n");
    }
  };
};
