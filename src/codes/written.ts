// What can be wrong with a file as a text, before its meaning is looked at: bytes, YAML, shape.
import type { CodeEntries } from "./entry.ts";

export const fileCodes = {
  "file/directory": {
    meaning: "A file was expected where a folder is.",
    cure: "Name the file in it.",
  },
  "file/exists": {
    meaning: "The file that would be written is there already; kimg overwrites nothing that it did not write.",
    cure: "Name another file, or move this one away.",
    example: "alice.conf exists already; nothing was written",
  },
  "file/missing": {
    meaning: "There is no file of that name.",
    cure: "Correct the path. Paths inside of a `cluster.yaml` are relative to its folder; `kimg init` writes a first `cluster.yaml`.",
  },
  "file/no-permission": {
    meaning: "The file is there, but you may not read it.",
    cure: "Change its mode as its owner, or run kimg as the user who may read it.",
  },
  "file/not-a-file": {
    meaning: "A device, a socket or the like stands where a file was expected.",
    cure: "Name a regular file.",
  },
  "file/not-utf-8": {
    meaning: "The file is not UTF-8, so its text would be guessed.",
    cure: "Save it as UTF-8 in your editor.",
  },
  "file/nul-byte": {
    meaning: "The file holds a NUL byte: it is no text, or a crash has cut it off.",
    cure: "Write it again, or restore it from a copy.",
  },
  "file/too-large": {
    meaning:
      "The file is larger than anything that people write: probably it is another file. `cluster.yaml` may have 1 MiB, a manifest 4 MiB.",
    cure: "Look whether it is the right file.",
  },
} as const satisfies CodeEntries;

export const yamlCodes = {
  "yaml/alias": {
    meaning: "`*name` stands where no `&name` stands before it.",
    cure: "Give the value the anchor, or put the text in quotes when it is no alias.",
  },
  "yaml/alias-loop": {
    meaning: "An alias stands inside of its own anchor.",
    cure: "Write the value out.",
  },
  "yaml/ambiguous": {
    meaning:
      "The scalar means one thing in YAML 1.1 and another in 1.2: cloud-init and other programs on the node would read it differently from kimg.",
    cure: 'Write what you mean: text in quotes (`"0644"`, `"yes"`), numbers and booleans in their plain form (`420`, `true`).',
  },
  "yaml/duplicate-key": {
    meaning: "A map has the same key twice; one of the two would get lost without a word.",
    cure: "Keep one of them.",
  },
  "yaml/empty": {
    meaning: "The file holds nothing but comments.",
    cure: "Write into it; `kimg init` makes a `cluster.yaml` to start from.",
  },
  "yaml/key": {
    meaning: "The key of a map is not text: a number, a boolean, a list.",
    cure: "Put it in quotes.",
  },
  "yaml/merge": {
    meaning: "The merge key `<<` has something else than a map.",
    cure: "Write `<<: *name`, where `&name` is a map.",
  },
  "yaml/several-documents": {
    meaning: "A `---` begins a second document, and the file is read as one.",
    cure: "Remove the `---`, or split the file.",
  },
  "yaml/syntax": {
    meaning:
      "The text is not YAML: most often an indentation that does not fit, or text with `: ` or a leading special character without quotes.",
    cure: "Put the text in quotes, and start the keys of one map in one column.",
  },
  "yaml/tab": {
    meaning: "YAML does not take tabs as indentation.",
    cure: "Indent with spaces, two for each level; most editors can do so by themselves.",
  },
  "yaml/tag": {
    meaning: "A tag such as `!secret` or `!!binary` asks for a type that has no meaning here.",
    cure: "Remove the tag.",
  },
  "yaml/too-deep": {
    meaning: "Maps or lists are nested deeper than anything that a program of the node would read.",
    cure: "Look for brackets that are not closed, or for a generator that has run wild.",
  },
  "yaml/too-many-values": {
    meaning: "With its aliases expanded the document has more than 100 000 values.",
    cure: "Use fewer aliases of aliases.",
  },
  "yaml/unclosed": {
    meaning: "A bracket, a brace or a quote is never closed.",
    cure: "Close it before the line that is named, or indent what follows.",
  },
  "yaml/unquoted": {
    meaning:
      "YAML 1.1 would take the scalar for something else than what kimg takes it for; what is left of it is text that has lost digits, or a number in base 60.",
    cure: "Put it in quotes when it is a version, a time or another text.",
  },
  "yaml/version": {
    meaning: "A `%YAML` line asks for another version than 1.2.",
    cure: "Remove the line.",
  },
} as const satisfies CodeEntries;

export const shapeCodes = {
  "shape/missing-key": {
    meaning: "A key that is always needed is not there.",
    cure: "Write it; the hint says what it is for.",
  },
  "shape/pattern": {
    meaning: "The text does not have the form that this key takes.",
    cure: "Write it in the form that the hint describes.",
  },
  "shape/range": {
    meaning: "A number, a text or a list is smaller or larger than this key takes.",
    cure: "Stay within the bounds that the message names.",
  },
  "shape/type": {
    meaning: "The value is of another type than this key takes: a number for text, a text for a list, nothing at all.",
    cure: "Write a value of the type that the message names; text that looks like a number needs quotes.",
  },
  "shape/unknown-key": {
    meaning: "Nothing reads a key of this name here: it is misspelt, or it belongs to another section.",
    cure: "Take one of the keys that are named, or remove it.",
  },
  "shape/value": {
    meaning: "The key takes one of a few values, and this is none of them.",
    cure: "Take one of those that the hint lists.",
  },
} as const satisfies CodeEntries;
