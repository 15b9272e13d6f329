// What ends a call of kimg beside input that is refused. For people these are printed without their codes.
import type { CodeEntries } from "./entry.ts";

export const failureCodes = {
  "failure/usage": {
    meaning: "The command line is wrong, or the command needs something else than it was given. Exit code 2.",
    cure: "`kimg help VERB` lists what the command takes.",
    example: "which role?",
  },
  "failure/program": {
    meaning: "A program that kimg called failed, or a host that it asked. Exit code 3.",
    cure: "The message has the end of what it said, and the hint a line that repeats it where there is one.",
    example: "failed while asking the cluster at https://10.0.0.10:6443: nobody answers",
  },
  "failure/file": {
    meaning: "The file system refused something. Exit code 3.",
    cure: "Mend permissions, make room, or name another place.",
    example: "build/prod: permission denied",
  },
  "failure/stopped": {
    meaning: "Somebody stopped it by Ctrl-C, SIGTERM or SIGHUP. Exit code 130.",
    cure: "Nothing: call it again, and it goes on from what is finished.",
    example: "stopped by SIGTERM",
  },
  "failure/bug": {
    meaning: "Something happened that should not. Exit code 70.",
    cure: "Please report what was printed.",
    example: "this is a bug in kimg: undefined is not iterable",
  },
} as const satisfies CodeEntries;
