// What is known of a person at the terminal: questions to them, and whether they see colours.
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** Colours go to a terminal only, whatever the environment says of others; NO_COLOR and TERM=dumb turn them off there too. */
export const showsColors = (stream: NodeJS.WriteStream): boolean => stream.isTTY && stream.hasColors();

/** Asks on the terminal without echo; undefined when there is no person to ask. An end of input is no answer. */
export const hiddenQuestion = (signal: AbortSignal): ((question: string) => Promise<string>) | undefined => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
    // A terminal that echoes nothing does not turn Ctrl-C into a signal either.
    lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    process.stderr.write(question);
    try {
      return await Promise.race([lines.question("", { signal }), ended]);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      lines.close();
      process.stderr.write("\n");
    }
  };
};

/** Asks on the terminal; undefined when there is no person to ask. An end of input is no answer. */
export const question = (signal: AbortSignal): ((question: string) => Promise<string>) | undefined => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (text) => {
    // The terminal keeps its own ways, so that Ctrl-C stops kimg and not this question alone.
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    try {
      return await Promise.race([lines.question(text, { signal }), ended]);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      lines.close();
    }
  };
};
